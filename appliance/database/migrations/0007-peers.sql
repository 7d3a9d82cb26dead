-- Which peer hosts a call to `number` may go through, as their ids with commas between, in the order of trial: the group of
-- the longest prefix first, then by the priority of the groups, then by chance in the proportion of the weights. A stopper
-- leaves out the groups of shorter prefixes.
CREATE OR REPLACE FUNCTION kamailio.peers_for(number VARCHAR(255), caller VARCHAR(255))
  RETURNS VARCHAR(1024) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin READS SQL DATA
  RETURN (
    SELECT GROUP_CONCAT(t.id ORDER BY t.longest DESC, t.priority, t.chance)
    FROM (
      SELECT h.id, h.priority, MAX(LENGTH(r.callee_prefix)) AS longest, -LN(1 - RAND()) / GREATEST(h.weight, 0.001) AS chance
      FROM kamailio.peer_rules r JOIN kamailio.peer_hosts h ON h.group_id = r.group_id
      WHERE number LIKE CONCAT(r.callee_prefix, '%')
        AND (r.callee_pattern = '' OR number REGEXP r.callee_pattern)
        AND (r.caller_pattern = '' OR caller REGEXP r.caller_pattern)
        AND LENGTH(r.callee_prefix) >= (
          SELECT COALESCE(MAX(LENGTH(s.callee_prefix)), 0) FROM kamailio.peer_rules s
          WHERE s.stopper AND number LIKE CONCAT(s.callee_prefix, '%')
            AND (s.callee_pattern = '' OR number REGEXP s.callee_pattern)
            AND (s.caller_pattern = '' OR caller REGEXP s.caller_pattern))
      GROUP BY h.id, h.priority, h.weight
    ) t);
