//! How an instance looks to the people who sign in to it.

/// What the hosted pages show besides the instance's name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Branding {
    /// The logo: an https address.
    pub logo_url: Option<String>,
    /// The color of buttons and links, as [`color`] makes it.
    pub accent_color: Option<String>,
}

/// A color that was written as `#rrggbb`, in small letters. Nothing else is let into a style.
#[must_use]
pub fn color(text: &str) -> Option<String> {
    let digits = text.strip_prefix('#')?;
    (digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_hexdigit())).then(|| text.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_but_a_color_is_a_color() {
        assert_eq!(color("#AA22f0").as_deref(), Some("#aa22f0"));
        for text in ["", "#", "#fff", "red", "#12345g", "#1234567", "#12345\u{e9}", "aa22f0", "#aa22f0;x:y"] {
            assert_eq!(color(text), None, "{text}");
        }
    }
}
