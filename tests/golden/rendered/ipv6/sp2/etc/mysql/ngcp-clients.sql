-- Written by ngcpcfg. Read at every start of ngcp-mysql and before every migration, on each node for itself: never in
-- the binary log. Nobody here has a right to write while the server is read-only.
SET sql_log_bin = 0;
-- The proxy.
CREATE USER IF NOT EXISTS 'kamailio'@'127.0.0.1' IDENTIFIED BY 'databasePasswordOfTheSample';
ALTER USER 'kamailio'@'127.0.0.1' IDENTIFIED BY 'databasePasswordOfTheSample';
GRANT SELECT, INSERT, UPDATE, DELETE, EXECUTE, LOCK TABLES, CREATE TEMPORARY TABLES ON kamailio.* TO 'kamailio'@'127.0.0.1';
CREATE USER IF NOT EXISTS 'kamailio'@'localhost' IDENTIFIED BY 'databasePasswordOfTheSample';
ALTER USER 'kamailio'@'localhost' IDENTIFIED BY 'databasePasswordOfTheSample';
GRANT SELECT, INSERT, UPDATE, DELETE, EXECUTE, LOCK TABLES, CREATE TEMPORARY TABLES ON kamailio.* TO 'kamailio'@'localhost';
-- The B2BUA, which the kernel tells by its user: prepaid calls are paid by the procedures of billing.
CREATE USER IF NOT EXISTS 'ngcp-sems'@'localhost' IDENTIFIED VIA unix_socket;
GRANT EXECUTE ON billing.* TO 'ngcp-sems'@'localhost';
-- And accounts with peers are read by those of provisioning.
GRANT EXECUTE ON provisioning.* TO 'ngcp-sems'@'localhost';
-- The operators' tools and the migrations. It owns the views, so it may not be dropped.
CREATE USER IF NOT EXISTS 'ngcp'@'localhost' IDENTIFIED BY 'databasePasswordOfTheSample';
ALTER USER 'ngcp'@'localhost' IDENTIFIED BY 'databasePasswordOfTheSample';
GRANT ALL PRIVILEGES ON ngcp.* TO 'ngcp'@'localhost';
GRANT ALL PRIVILEGES ON kamailio.* TO 'ngcp'@'localhost';
GRANT ALL PRIVILEGES ON provisioning.* TO 'ngcp'@'localhost';
GRANT ALL PRIVILEGES ON billing.* TO 'ngcp'@'localhost';
GRANT ALL PRIVILEGES ON accounting.* TO 'ngcp'@'localhost';
