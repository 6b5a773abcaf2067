-- pgbench -D i=0 -D stride=N -D round=ID: what one accepted entry costs PostgreSQL alone.
\set i :i + 1
\set n :client_id * :stride + :i
SELECT p.id AS player FROM league_apikey AS k JOIN league_player AS p ON p.id = k.player_id WHERE k.prefix = lpad(to_hex(:n::int), 16, '0') AND k.revoked_at IS NULL AND p.is_active \gset
INSERT INTO predictions_prediction (id, round_id, player_id, form, basis, p10, p50, p90, accepted_at, is_withdrawn, revision, salt, payload_hash, digest, reasoning, is_simulated_reasoning) VALUES (gen_random_uuid(), :round::uuid, :player, 'quantiles', 'return', -20, 0, 25, clock_timestamp(), false, 1, '\x00'::bytea, '\x00'::bytea, '\x00'::bytea, '', false);
