//! Sockets for the Forecastle transport.
