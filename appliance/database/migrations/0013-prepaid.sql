-- Prepaid accounting: what a customer has, what calls cost, and what of it is set aside for calls that are up. Amounts are
-- cents, rates cents a second. The sbc comes here through the procedures alone, each of which is one transaction.

CREATE TABLE IF NOT EXISTS billing.billing_profiles (
  id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  handle VARCHAR(63) NOT NULL,
  CONSTRAINT handle_idx UNIQUE (handle)
) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- By the first digits of the number, the longest of which counts. An interval that has begun is paid whole.
CREATE TABLE IF NOT EXISTS billing.billing_fees (
  id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  billing_profile_id INT UNSIGNED NOT NULL,
  destination VARCHAR(64) NOT NULL,
  onpeak_init_rate DECIMAL(14,6) NOT NULL,
  onpeak_init_interval SMALLINT UNSIGNED NOT NULL,
  onpeak_follow_rate DECIMAL(14,6) NOT NULL,
  onpeak_follow_interval SMALLINT UNSIGNED NOT NULL,
  CONSTRAINT destination_idx UNIQUE (billing_profile_id, destination),
  CONSTRAINT fee_profile FOREIGN KEY (billing_profile_id) REFERENCES billing.billing_profiles (id) ON DELETE CASCADE
) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

ALTER TABLE billing.contracts ADD COLUMN IF NOT EXISTS billing_profile_id INT UNSIGNED DEFAULT NULL,
  ADD FOREIGN KEY IF NOT EXISTS contract_profile (billing_profile_id) REFERENCES billing.billing_profiles (id);

CREATE TABLE IF NOT EXISTS billing.contract_balances (
  contract_id INT UNSIGNED NOT NULL PRIMARY KEY,
  cash_balance DECIMAL(14,6) NOT NULL DEFAULT 0 CHECK (cash_balance >= 0),
  CONSTRAINT balance_contract FOREIGN KEY (contract_id) REFERENCES billing.contracts (id) ON DELETE CASCADE
) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- What was paid in. One that has a reference is counted once.
CREATE TABLE IF NOT EXISTS billing.topup_log (
  id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  contract_id INT UNSIGNED NOT NULL,
  amount DECIMAL(14,6) NOT NULL,
  reference VARCHAR(64) DEFAULT NULL,
  created_at DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT reference_idx UNIQUE (contract_id, reference),
  CONSTRAINT topup_contract FOREIGN KEY (contract_id) REFERENCES billing.contracts (id) ON DELETE CASCADE
) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- One row for each call to a peer, by its id in the sbc. `cost` stands when it is settled.
CREATE TABLE IF NOT EXISTS billing.prepaid_calls (
  id CHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
  contract_id INT UNSIGNED NOT NULL,
  call_id VARCHAR(255) NOT NULL COMMENT 'of the leg of the caller, as in accounting.cdr',
  cdr_key CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'as accounting.cdr.call_key',
  destination VARCHAR(64) NOT NULL,
  begun_at DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
  settled_at DATETIME(3) DEFAULT NULL,
  settled_by ENUM('end', 'search') DEFAULT NULL COMMENT 'search: nobody knew the call any more',
  cost DECIMAL(14,6) DEFAULT NULL,
  is_rated TINYINT(1) NOT NULL DEFAULT 0 COMMENT 'its cost is in accounting.cdr, or is none',
  INDEX open_idx (settled_at),
  INDEX rated_idx (is_rated, settled_at),
  INDEX contract_idx (contract_id)
) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- What was set aside, step by step: a step that is there has been paid.
CREATE TABLE IF NOT EXISTS billing.prepaid_steps (
  call_key CHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  step INT UNSIGNED NOT NULL,
  intervals INT UNSIGNED NOT NULL COMMENT 'besides the first one of the step',
  amount DECIMAL(14,6) NOT NULL,
  PRIMARY KEY (call_key, step),
  CONSTRAINT step_call FOREIGN KEY (call_key) REFERENCES billing.prepaid_calls (id) ON DELETE CASCADE
) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

INSERT IGNORE INTO provisioning.voip_preferences
  (id, attribute, data_type, allowed, is_list, usr_pref, contract_pref, dom_pref, peer_pref, description) VALUES
  (60, 'prepaid', 'boolean', '', 0, 1, 1, 1, 0,
    'calls to peers are paid out of the balance of the customer, by the fees of its billing profile');

DELIMITER //

-- Who pays for a call of a subscriber to a number, and how much; no fee where the customer has none for it.
CREATE OR REPLACE PROCEDURE billing.prepaid_tariff(payer CHAR(36), number VARCHAR(64))
  READS SQL DATA
  SELECT s.account_id AS contract_id, f.onpeak_init_rate, f.onpeak_init_interval, f.onpeak_follow_rate, f.onpeak_follow_interval
  FROM provisioning.voip_subscribers s
  JOIN billing.contracts c ON c.id = s.account_id
  LEFT JOIN billing.billing_fees f ON f.billing_profile_id = c.billing_profile_id AND number LIKE CONCAT(f.destination, '%')
  WHERE s.uuid = payer ORDER BY LENGTH(f.destination) DESC LIMIT 1 //

-- Sets one interval aside, and as many more of them as the balance holds, at most `more`. A step that is there already is
-- answered as it was. `intervals` is NULL where there is not enough for the first, and for a call that is settled. The row of
-- the balance is locked first: the calls of one customer wait for each other.
CREATE OR REPLACE PROCEDURE billing.prepaid_reserve(the_call CHAR(16), the_step INT UNSIGNED, payer INT UNSIGNED,
    first_price DECIMAL(14,6), price DECIMAL(14,6), more INT UNSIGNED, sip_call VARCHAR(255), the_cdr CHAR(64), number VARCHAR(64))
  MODIFIES SQL DATA
BEGIN
  DECLARE there DECIMAL(14,6);
  DECLARE given INT UNSIGNED;
  DECLARE closed INT UNSIGNED DEFAULT 0;
  DECLARE EXIT HANDLER FOR SQLEXCEPTION BEGIN ROLLBACK; RESIGNAL; END;
  SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
  START TRANSACTION;
  SELECT cash_balance INTO there FROM billing.contract_balances WHERE contract_id = payer FOR UPDATE;
  SELECT s.intervals INTO given FROM billing.prepaid_steps s WHERE s.call_key = the_call AND s.step = the_step;
  SELECT COUNT(*) INTO closed FROM billing.prepaid_calls c WHERE c.id = the_call AND c.settled_at IS NOT NULL;
  SET there = COALESCE(there, 0);
  IF closed > 0 THEN
    SET given = NULL;
  ELSEIF given IS NULL AND there >= first_price THEN
    SET given = IF(price = 0, more, LEAST(more, FLOOR((there - first_price) / price)));
    INSERT IGNORE INTO billing.prepaid_calls (id, contract_id, call_id, cdr_key, destination)
      VALUES (the_call, payer, sip_call, the_cdr, number);
    INSERT INTO billing.prepaid_steps (call_key, step, intervals, amount)
      VALUES (the_call, the_step, given, first_price + given * price);
    UPDATE billing.contract_balances SET cash_balance = cash_balance - first_price - given * price WHERE contract_id = payer;
  END IF;
  COMMIT;
  SELECT given AS intervals;
END //

-- Ends the account of a call: what was set aside and not used goes back. Without a cost nobody knows how long the call
-- lasted: all steps but the last are charged, for each was taken shortly before the one before it was used up. A second time
-- changes nothing.
CREATE OR REPLACE PROCEDURE billing.prepaid_settle(the_call CHAR(16), payer INT UNSIGNED, the_cost DECIMAL(14,6), who VARCHAR(8))
  MODIFIES SQL DATA
BEGIN
  DECLARE there DECIMAL(14,6);
  DECLARE still_open INT UNSIGNED DEFAULT 0;
  DECLARE paid DECIMAL(14,6);
  DECLARE last_paid DECIMAL(14,6);
  DECLARE charged DECIMAL(14,6);
  DECLARE EXIT HANDLER FOR SQLEXCEPTION BEGIN ROLLBACK; RESIGNAL; END;
  SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
  START TRANSACTION;
  SELECT cash_balance INTO there FROM billing.contract_balances WHERE contract_id = payer FOR UPDATE;
  SELECT COUNT(*) INTO still_open FROM billing.prepaid_calls c WHERE c.id = the_call AND c.settled_at IS NULL;
  IF still_open = 1 THEN
    SELECT COALESCE(SUM(s.amount), 0) INTO paid FROM billing.prepaid_steps s WHERE s.call_key = the_call;
    SELECT s.amount INTO last_paid FROM billing.prepaid_steps s WHERE s.call_key = the_call ORDER BY s.step DESC LIMIT 1;
    SET charged = LEAST(COALESCE(the_cost, paid - COALESCE(last_paid, 0)), paid + COALESCE(there, 0));
    UPDATE billing.contract_balances SET cash_balance = cash_balance + paid - charged WHERE contract_id = payer;
    UPDATE billing.prepaid_calls SET settled_at = NOW(3), settled_by = who, cost = charged, is_rated = (charged = 0)
      WHERE id = the_call;
  END IF;
  COMMIT;
END //

-- The calls whose account is open.
CREATE OR REPLACE PROCEDURE billing.prepaid_open()
  READS SQL DATA
  SELECT id, contract_id FROM billing.prepaid_calls WHERE settled_at IS NULL //

DELIMITER ;
