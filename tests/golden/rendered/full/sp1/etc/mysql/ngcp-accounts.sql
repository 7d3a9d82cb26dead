-- Written by ngcpcfg. Read at every start of ngcp-mysql, on each node for itself: never in the binary log.
SET sql_log_bin = 0;
CREATE DATABASE IF NOT EXISTS kamailio CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
-- What a copy of the peer's data brings of accounts that are for the peer alone.
DROP USER IF EXISTS 'ngcp_replica'@'192.168.255.251', 'ngcp_peer'@'192.168.255.251', 'ngcp_restore'@'192.168.255.251';
-- The peer may not replicate from a server that has just started until ngcp-ha has compared both positions and unlocks this account.
CREATE USER IF NOT EXISTS 'ngcp_replica'@'192.168.255.252' IDENTIFIED BY 'replicationPasswordOfTheSample' ACCOUNT LOCK;
ALTER USER 'ngcp_replica'@'192.168.255.252' IDENTIFIED BY 'replicationPasswordOfTheSample' ACCOUNT LOCK;
GRANT REPLICATION SLAVE ON *.* TO 'ngcp_replica'@'192.168.255.252';
-- ngcp-ha of the peer reads positions; ngcp-replication of the peer compares rows, which it has from the binary log anyhow.
CREATE USER IF NOT EXISTS 'ngcp_peer'@'192.168.255.252' IDENTIFIED BY 'replicationPasswordOfTheSample';
ALTER USER 'ngcp_peer'@'192.168.255.252' IDENTIFIED BY 'replicationPasswordOfTheSample';
GRANT SLAVE MONITOR, SELECT ON *.* TO 'ngcp_peer'@'192.168.255.252';
-- ngcp-replication of the peer brings back rows that only the peer had; while this server is read-only it cannot write.
CREATE USER IF NOT EXISTS 'ngcp_restore'@'192.168.255.252' IDENTIFIED BY 'replicationPasswordOfTheSample';
ALTER USER 'ngcp_restore'@'192.168.255.252' IDENTIFIED BY 'replicationPasswordOfTheSample';
GRANT SELECT, INSERT, UPDATE, DELETE ON ngcp.* TO 'ngcp_restore'@'192.168.255.252';
GRANT SELECT, INSERT, UPDATE, DELETE ON kamailio.* TO 'ngcp_restore'@'192.168.255.252';
GRANT SELECT, INSERT, UPDATE, DELETE ON provisioning.* TO 'ngcp_restore'@'192.168.255.252';
GRANT SELECT, INSERT, UPDATE, DELETE ON billing.* TO 'ngcp_restore'@'192.168.255.252';
GRANT SELECT, INSERT, UPDATE, DELETE ON accounting.* TO 'ngcp_restore'@'192.168.255.252';
-- ngcp-ha of this node.
CREATE USER IF NOT EXISTS 'ngcp_ha'@'127.0.0.1' IDENTIFIED BY 'replicationPasswordOfTheSample';
ALTER USER 'ngcp_ha'@'127.0.0.1' IDENTIFIED BY 'replicationPasswordOfTheSample';
GRANT RELOAD, READ_ONLY ADMIN, REPLICATION SLAVE ADMIN, REPLICATION MASTER ADMIN, BINLOG ADMIN, BINLOG MONITOR, SLAVE MONITOR, CONNECTION ADMIN, PROCESS, CREATE USER ON *.* TO 'ngcp_ha'@'127.0.0.1';
USE kamailio;
