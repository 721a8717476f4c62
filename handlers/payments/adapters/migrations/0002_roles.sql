-- Roles: the users that the functions sign in as, each allowed one thing.

DO $$
DECLARE
    login text;
BEGIN
    -- A role belongs to the whole server, so it may be there from an earlier database.
    FOREACH login IN ARRAY ARRAY['payments_writer', 'payments_probe'] LOOP
        IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = login) THEN
            EXECUTE format('CREATE ROLE %I LOGIN NOINHERIT', login);
        END IF;
        -- On RDS a member of rds_iam signs in with a token, and has no password to lose.
        IF EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'rds_iam') THEN
            EXECUTE format('GRANT rds_iam TO %I', login);
        END IF;
        EXECUTE format('GRANT CONNECT ON DATABASE %I TO %I', current_database(), login);
        EXECUTE format('GRANT USAGE ON SCHEMA ledger TO %I', login);
    END LOOP;
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
END
$$;

-- PostgreSQL lets everyone execute a new function until told otherwise.
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA ledger FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ledger.post_charge(text, bigint, text, text) TO payments_writer;
GRANT SELECT ON ledger.schema_migrations TO payments_probe;
