//! Order-entry sessions and the market-data publisher of Forecastle.
