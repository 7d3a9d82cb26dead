-- The proxy asks for the contacts of a subscriber by user and domain, in the order of q, with each registration and each call: with this
-- index they come in that order, and MariaDB sorts nothing. An eighth of its time for a registration (npm run bench -- sip).

CREATE INDEX IF NOT EXISTS contacts_by_q_idx ON kamailio.location (username, domain, q);
