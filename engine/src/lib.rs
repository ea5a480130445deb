//! The deterministic matching engine and ledger of Forecastle.
