//! x
fn main() { println!("{}", serde_json::to_string(&"x.de".parse::<notafter::Target>().unwrap()).unwrap()); }
