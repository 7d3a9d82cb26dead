-- The mediator looks for the records of a call, and not for those of a Call-ID: anybody may begin any number of calls with one.

CREATE INDEX IF NOT EXISTS call_idx ON kamailio.acc (callid, from_tag, to_tag);
