//! The `pullcreds` program.
fn main() {}
