-- The identity match: which person of the spine stands behind each brand record, and what that says
-- about the brand's table as a whole. The notebook runs this file statement by statement, and
-- tests/unit/packages/match_sql_test.cc runs the very same file over a small seeded world.
--
-- Reads (the notebook makes them as views over the tables of the clean room):
--   brand_record     (record_id, email, phone, device_id), rows with one record_id are one record
--   spine_person     (person_id, household_id, opted_out)
--   spine_identifier (identifier_type, identifier_sha256, person_id, last_seen), no row twice
--   spine_household  (household_id, member_count)
--   match_settings   one row: (default_calling_code, use_email, use_phone, use_device,
--                    max_persons_per_identifier)
-- Gives: match_rate, coverage, household_coverage. No statement returns rows of the spine.
--
-- Dialect: the part of Databricks SQL that SQLite has too, so that the test is cheap. That means
-- CREATE TEMPORARY VIEW without OR REPLACE, no QUALIFY, no regular expressions, no INTERVAL, and
-- SUBSTR, REPLACE and LIKE for text. sha2(text, 256) is Databricks', the test supplies it. A
-- semicolon ends a statement and stands nowhere else, not even in a comment.

-- The precedence, and the only place that states it. An e-mail address is one person's, a phone is
-- sometimes shared in a family, a device often is. So the lowest number wins, whatever the others
-- say, and however recent they are.
CREATE TEMPORARY VIEW match_key AS
SELECT 'EMAIL' AS identifier_type, 1 AS precedence, use_email AS enabled FROM match_settings
UNION ALL
SELECT 'PHONE' AS identifier_type, 2 AS precedence, use_phone AS enabled FROM match_settings
UNION ALL
SELECT 'DEVICE' AS identifier_type, 3 AS precedence, use_device AS enabled FROM match_settings;

-- Case, surrounding space and the separators of phone numbers carry no meaning.
CREATE TEMPORARY VIEW brand_clean AS
SELECT
  record_id,
  LOWER(TRIM(email)) AS email,
  REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(
    phone, ' ', ''), '-', ''), '(', ''), ')', ''), '.', ''), '/', '') AS phone,
  LOWER(TRIM(device_id)) AS device_id
FROM brand_record
WHERE record_id IS NOT NULL;

-- Phone numbers as digits with their country calling code. "+" and "00" announce one. One leading
-- zero is the trunk prefix of a national number. Eleven digits or more that begin with the default
-- code have it already.
CREATE TEMPORARY VIEW brand_phone AS
SELECT
  record_id,
  CASE
    WHEN phone LIKE '+%' THEN SUBSTR(phone, 2)
    WHEN phone LIKE '00%' THEN SUBSTR(phone, 3)
    WHEN phone LIKE '0%' THEN default_calling_code || SUBSTR(phone, 2)
    WHEN LENGTH(phone) > 10
      AND SUBSTR(phone, 1, LENGTH(default_calling_code)) = default_calling_code THEN phone
    ELSE default_calling_code || phone
  END AS phone
FROM brand_clean
CROSS JOIN match_settings
WHERE phone <> '';

-- What of the brand's values can be looked up at all. Mailboxes are compared as written: dots and
-- plus tags stay, as they do in the spine. The device id of all zeros is what telephones give out
-- when their owner refused tracking, and stands for nobody.
CREATE TEMPORARY VIEW brand_identifier AS
SELECT DISTINCT record_id, 'EMAIL' AS identifier_type, sha2(email, 256) AS identifier_sha256
FROM brand_clean
WHERE email LIKE '_%@_%._%' AND email NOT LIKE '%@%@%' AND email NOT LIKE '% %'
UNION ALL
SELECT DISTINCT record_id, 'PHONE' AS identifier_type, sha2(phone, 256) AS identifier_sha256
FROM brand_phone
WHERE LENGTH(phone) BETWEEN 8 AND 15
  AND LOWER(phone) = UPPER(phone) AND phone NOT LIKE '%+%'
UNION ALL
SELECT DISTINCT record_id, 'DEVICE' AS identifier_type, sha2(device_id, 256) AS identifier_sha256
FROM brand_clean
WHERE device_id LIKE '________-____-____-____-____________'
  AND device_id <> '00000000-0000-0000-0000-000000000000';

-- What the spine may say. People who opted out are not in it, and an identifier that too many
-- people share (a shop's telephone, info@...) is no evidence for any of them.
CREATE TEMPORARY VIEW spine_evidence AS
SELECT identifier_type, identifier_sha256, person_id, last_seen
FROM (
  SELECT
    i.identifier_type,
    i.identifier_sha256,
    i.person_id,
    i.last_seen,
    COUNT(*) OVER (PARTITION BY i.identifier_type, i.identifier_sha256) AS persons
  FROM spine_identifier AS i
  JOIN spine_person AS p ON p.person_id = i.person_id
  WHERE NOT p.opted_out
) AS counted
WHERE persons <= (SELECT max_persons_per_identifier FROM match_settings);

CREATE TEMPORARY VIEW match_candidate AS
SELECT b.record_id, b.identifier_type, k.precedence, e.person_id, e.last_seen
FROM brand_identifier AS b
JOIN match_key AS k ON k.identifier_type = b.identifier_type AND k.enabled = 1
JOIN spine_evidence AS e
  ON e.identifier_type = b.identifier_type AND e.identifier_sha256 = b.identifier_sha256;

-- One person for each brand record: by precedence, then who was seen last with that identifier,
-- then the smallest person_id, so that the answer does not depend on the order of the rows.
CREATE TEMPORARY VIEW record_match AS
SELECT ranked.record_id, ranked.identifier_type, ranked.person_id, p.household_id
FROM (
  SELECT
    record_id,
    identifier_type,
    person_id,
    ROW_NUMBER() OVER (
      PARTITION BY record_id
      ORDER BY precedence ASC, last_seen DESC, person_id ASC
    ) AS place
  FROM match_candidate
) AS ranked
JOIN spine_person AS p ON p.person_id = ranked.person_id
WHERE ranked.place = 1;

-- The brand's table as a whole: one row.
CREATE TEMPORARY VIEW match_rate AS
SELECT
  total.brand_records,
  matched.matched_records,
  CASE WHEN total.brand_records = 0 THEN CAST(0 AS DOUBLE)
    ELSE CAST(matched.matched_records AS DOUBLE) / total.brand_records END AS match_rate,
  matched.matched_persons,
  matched.matched_households,
  matched.persons_without_household
FROM (SELECT COUNT(DISTINCT record_id) AS brand_records FROM brand_clean) AS total
CROSS JOIN (
  SELECT
    COUNT(*) AS matched_records,
    COUNT(DISTINCT person_id) AS matched_persons,
    COUNT(DISTINCT household_id) AS matched_households,
    COUNT(DISTINCT CASE WHEN household_id IS NULL THEN person_id END) AS persons_without_household
  FROM record_match
) AS matched;

-- One row for each kind of identifier, also for those switched off: how many brand records carry
-- one, how many of these can be looked up, how many the spine knows, and how many it decided.
CREATE TEMPORARY VIEW coverage AS
SELECT
  k.identifier_type,
  k.precedence,
  COALESCE(given.records, 0) AS records_with_value,
  COALESCE(usable.records, 0) AS records_usable,
  COALESCE(known.records, 0) AS records_found,
  COALESCE(decided.records, 0) AS records_decided,
  CASE WHEN COALESCE(usable.records, 0) = 0 THEN CAST(0 AS DOUBLE)
    ELSE CAST(COALESCE(known.records, 0) AS DOUBLE) / usable.records END AS found_rate
FROM match_key AS k
LEFT JOIN (
  SELECT 'EMAIL' AS identifier_type, COUNT(DISTINCT record_id) AS records
  FROM brand_clean WHERE email <> ''
  UNION ALL
  SELECT 'PHONE' AS identifier_type, COUNT(DISTINCT record_id) AS records
  FROM brand_clean WHERE phone <> ''
  UNION ALL
  SELECT 'DEVICE' AS identifier_type, COUNT(DISTINCT record_id) AS records
  FROM brand_clean WHERE device_id <> ''
) AS given ON given.identifier_type = k.identifier_type
LEFT JOIN (
  SELECT identifier_type, COUNT(DISTINCT record_id) AS records
  FROM brand_identifier GROUP BY identifier_type
) AS usable ON usable.identifier_type = k.identifier_type
LEFT JOIN (
  SELECT identifier_type, COUNT(DISTINCT record_id) AS records
  FROM match_candidate GROUP BY identifier_type
) AS known ON known.identifier_type = k.identifier_type
LEFT JOIN (
  SELECT identifier_type, COUNT(*) AS records
  FROM record_match GROUP BY identifier_type
) AS decided ON decided.identifier_type = k.identifier_type;

-- The people found, rolled up to households: how much of each size of household was reached.
CREATE TEMPORARY VIEW household_coverage AS
SELECT
  household_size,
  COUNT(*) AS matched_households,
  SUM(member_count) AS household_members,
  SUM(matched_members) AS matched_members,
  CAST(SUM(matched_members) AS DOUBLE) / SUM(member_count) AS member_coverage
FROM (
  SELECT
    h.household_id,
    h.member_count,
    CASE WHEN h.member_count >= 4 THEN '4+' WHEN h.member_count = 3 THEN '3'
      WHEN h.member_count = 2 THEN '2' ELSE '1' END AS household_size,
    COUNT(DISTINCT m.person_id) AS matched_members
  FROM record_match AS m
  JOIN spine_household AS h ON h.household_id = m.household_id AND h.member_count >= 1
  GROUP BY h.household_id, h.member_count
) AS reached
GROUP BY household_size;
