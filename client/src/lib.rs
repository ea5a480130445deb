//! Order-entry and market-data client of Forecastle.
