//! Names that break what shows them, where it does not escape: every rendering is tried with all.

/// Text as a peer, or a file's name, may bring it.
pub(crate) const NASTY: [&str; 24] = [
    "plain.example",
    "",
    " ",
    "two\nlines",
    "two\r\nlines",
    "a\ttab",
    "a \"quoted\" name",
    "it's",
    "back\\slash",
    "ends with a backslash\\",
    "a|b;c=d",
    "'label'=1;2;3",
    "{brace=\"x\"} 1",
    "# EOF",
    "<script>alert(1)</script>",
    "</title><img src=x onerror=alert(1)>",
    "\"><svg onload=alert(1)>",
    "&amp; &#60;",
    "\u{1b}[31mred\u{7}",
    "moc.elpmaxe\u{202e}evil",
    "zero\u{200b}width\u{feff}",
    "line\u{2028}and\u{2029}paragraph",
    "nul\0byte",
    "\u{1f4a5} \u{e9}\u{301} \u{4f60}\u{597d}",
];
