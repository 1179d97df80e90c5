//! Any text yields certificates or says that there are none; and any bytes that are written as PEM
//! are read back, whatever text stands around them.

#![no_main]

use data_encoding::BASE64;
use libfuzzer_sys::fuzz_target;
use notafter::chain::PresentedChain;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(chain) = PresentedChain::from_pem(bytes) {
        assert!(!chain.entries().is_empty());
    }

    let written = format!("subject=CN = x\r\n{}\nDone", pem(bytes));
    let chain = PresentedChain::from_pem(written).expect("there is a certificate");
    assert_eq!(chain.entries().len(), 1);
    assert_eq!(chain.skipped_blocks(), 0);
    assert_eq!(chain.end_entity().der(), bytes);
});

fn pem(der: &[u8]) -> String {
    let mut text = String::from("-----BEGIN CERTIFICATE-----\n");
    for line in der.chunks(48) {
        text.push_str(&BASE64.encode(line));
        text.push('\n');
    }
    text + "-----END CERTIFICATE-----\n"
}
