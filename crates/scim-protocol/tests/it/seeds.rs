//! The seeds of the fuzzer, and what once broke, go through what must hold for any bytes.

#[path = "../../../../fuzz/src/checks.rs"]
mod checks;

fn each(target: &str, check: fn(&[u8])) {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/seeds/");
    let mut count = 0;
    for entry in std::fs::read_dir(format!("{folder}{target}")).unwrap() {
        let file = entry.unwrap().path();
        println!("{}", file.display());
        check(&std::fs::read(file).unwrap());
        count += 1;
    }
    assert!(count > 10, "{count} seeds");
}

#[test]
fn filters() {
    each("filter", checks::filter);
}

#[test]
fn paths() {
    each("path", checks::path);
}

#[test]
fn patches() {
    each("patch", checks::patch);
}

#[test]
fn requests() {
    each("request", checks::request);
}

#[test]
fn what_once_broke() {
    // The last digit of a number was lost in printing.
    checks::filter(b"a lt 444444444444407550956297025341210.5e3");
    // A space got into a URN by the dot that stands where the colon belongs.
    checks::path(b"urn:acme: .hr.hr0");
}
