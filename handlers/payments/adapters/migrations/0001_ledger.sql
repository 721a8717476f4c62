-- Ledger: double-entry, one balanced posting for each transaction, and nothing ever changed.

CREATE TABLE ledger.accounts (
    code text PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('asset', 'liability')),
    meaning text NOT NULL
);

INSERT INTO ledger.accounts (code, kind, meaning) VALUES
    ('gateway.receivable', 'asset', 'what the payment gateway has taken and owes us'),
    ('merchant.payable', 'liability', 'what has been taken on the merchant''s behalf and is owed to it');

CREATE TABLE ledger.postings (
    transaction_id text PRIMARY KEY CHECK (transaction_id ~ '^[A-Za-z0-9._:-]{1,128}$'),
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    -- One charge is posted once, even if two transactions should claim it.
    gateway_reference text NOT NULL UNIQUE CHECK (gateway_reference <> ''),
    posted_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    UNIQUE (transaction_id, currency)
);

CREATE TABLE ledger.entries (
    transaction_id text NOT NULL,
    account text NOT NULL REFERENCES ledger.accounts,
    currency text NOT NULL,
    -- In minor units; a debit is positive, a credit negative.
    amount bigint NOT NULL CHECK (amount <> 0),
    PRIMARY KEY (transaction_id, account),
    -- Every entry is in the currency of its posting, so one sum says whether a posting balances.
    FOREIGN KEY (transaction_id, currency) REFERENCES ledger.postings (transaction_id, currency)
);

CREATE FUNCTION ledger.refuse_imbalance() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
    lines bigint;
    total numeric;
BEGIN
    SELECT count(*), coalesce(sum(entries.amount), 0) INTO lines, total
    FROM ledger.entries AS entries
    WHERE entries.transaction_id = NEW.transaction_id;
    IF lines < 2 OR total <> 0 THEN
        RAISE EXCEPTION 'posting % does not balance: % entries that sum to %', NEW.transaction_id, lines, total
            USING ERRCODE = 'check_violation', CONSTRAINT = 'postings_balance';
    END IF;
    RETURN NULL;
END
$$;

-- Deferred: a posting is judged whole, when its transaction commits.
CREATE CONSTRAINT TRIGGER postings_balance AFTER INSERT ON ledger.postings
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger.refuse_imbalance();
CREATE CONSTRAINT TRIGGER entries_balance AFTER INSERT ON ledger.entries
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger.refuse_imbalance();

CREATE FUNCTION ledger.refuse_change() RETURNS trigger
LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
    RAISE EXCEPTION '%.% is only ever added to: % refused', TG_TABLE_SCHEMA, TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'insufficient_privilege';
END
$$;

CREATE TRIGGER postings_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger.postings
    FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change();
CREATE TRIGGER entries_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger.entries
    FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change();

-- True when this call posted the charge, false when it was posted before; anything else in its place is an error.
CREATE FUNCTION ledger.post_charge(
    charged_transaction text, charged_amount bigint, charged_currency text, charge_reference text
) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    IF charged_amount <= 0 THEN
        RAISE EXCEPTION 'a charge is positive, found %', charged_amount USING ERRCODE = 'check_violation';
    END IF;

    -- Waits for a posting of the same id that is under way, and sees it once it has committed.
    INSERT INTO ledger.postings (transaction_id, currency, gateway_reference)
    VALUES (charged_transaction, charged_currency, charge_reference)
    ON CONFLICT DO NOTHING;
    IF FOUND THEN
        INSERT INTO ledger.entries (transaction_id, account, currency, amount) VALUES
            (charged_transaction, 'gateway.receivable', charged_currency, charged_amount),
            (charged_transaction, 'merchant.payable', charged_currency, -charged_amount);
        RETURN true;
    END IF;

    PERFORM 1
    FROM ledger.postings AS postings
    JOIN ledger.entries AS entries USING (transaction_id)
    WHERE postings.transaction_id = charged_transaction
      AND postings.gateway_reference = charge_reference
      AND postings.currency = charged_currency
      AND entries.account = 'gateway.receivable'
      AND entries.amount = charged_amount;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'transaction % or its charge is already posted, and differently', charged_transaction
            USING ERRCODE = 'unique_violation', CONSTRAINT = 'postings_differ';
    END IF;
    RETURN false;
END
$$;
