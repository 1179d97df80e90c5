//! What parses as a target is printed so that it parses again to an equal one.

#![no_main]

use libfuzzer_sys::fuzz_target;
use notafter::Target;

fuzz_target!(|text: &str| {
    match text.parse::<Target>() {
        Ok(target) => {
            let printed = target.to_string();
            assert!(
                !printed.contains(|c: char| c.is_whitespace() || c.is_control()),
                "{printed:?}"
            );
            assert_eq!(printed.parse().as_ref(), Ok(&target));
        }
        Err(error) => assert!(!error.to_string().contains(char::is_control), "{error:?}"),
    }
});
