//! The program as its operator meets it: started, stopped, refused, and killed.

mod crashing;
mod refusing;
mod sockets;
mod starting;
