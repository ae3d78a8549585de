//! Addresses of node APIs and debug endpoints: checked, brought into one form, shown without secrets.

use url::Url;

/// The address in one form: scheme, host, port if it is not the scheme's own, no slash at the end.
/// `HOST:PORT` means `http://`. The error is a sentence that shows no password.
pub fn check(text: &str) -> Result<String, String> {
    const FORMS: &str = "give HOST:PORT, http://HOST:PORT or https://HOST";
    let wrong = |why: &str| format!("`{}`: {why}; {FORMS}", masked(text));
    if text.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err(wrong("an address has no spaces"));
    }
    let url = match scheme(text) {
        Some("http" | "https") => Url::parse(text),
        Some(_) => return Err(wrong("only http:// and https:// can be asked")),
        None if has_port(text) => Url::parse(&format!("http://{text}")),
        None => return Err(wrong("an address without http:// needs a port")),
    };
    let url = url.map_err(|error| wrong(&error.to_string()))?;
    if url.port() == Some(0) {
        return Err(wrong("nothing listens on port 0"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(wrong("an address ends before ? and #"));
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

/// The address as it may be shown: `***` in place of a user and password. Takes any text.
pub fn masked(text: &str) -> String {
    let begin = scheme(text).map_or(0, |scheme| scheme.len() + 3);
    // The last one: a password that was not encoded may have `@` and `/` in it.
    match text.rfind('@').filter(|at| *at >= begin) {
        Some(at) => format!("{}***{}", &text[..begin], &text[at..]),
        None => text.to_owned(),
    }
}

/// What stands before `://`, if it can be a scheme.
fn scheme(text: &str) -> Option<&str> {
    let (scheme, _) = text.split_once("://")?;
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
    scheme.chars().all(fits).then_some(scheme)
}

fn has_port(text: &str) -> bool {
    let authority = text.split('/').next().unwrap_or_default();
    let port = authority.rsplit_once(':').map(|(_, port)| port);
    port.is_some_and(|port| !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_get_one_form() {
        for (given, form) in [
            ("127.0.0.1:14002", "http://127.0.0.1:14002"),
            ("node.lan:14002/", "http://node.lan:14002"),
            ("[::1]:14002", "http://[::1]:14002"),
            ("http://NAS:14002", "http://nas:14002"),
            ("https://proxy.example/node1/", "https://proxy.example/node1"),
            ("nas:80", "http://nas"),
            ("u:p%40ss@nas:14002", "http://u:p%40ss@nas:14002"),
        ] {
            assert_eq!(check(given).as_deref(), Ok(form), "{given}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused_and_no_password_told() {
        for wrong in [
            "",
            "bogus",
            "[::1]",
            "http://",
            "http://:14002",
            "nas:99999",
            "nas:0",
            "docker:node",
            "nas :14002",
            "http://nas:14002/#/",
            "nas:14002?x=1",
            "http:/nas:14002",
            "ftp://me:secret@nas",
            "me:secret@nas",
            "me:sec/secret@nas:14002",
            "me:a://secret@nas:99999",
            "http://me:secret@nas:port",
        ] {
            let error = check(wrong).unwrap_err();
            assert!(!error.contains("secret"), "{error}");
        }
        assert_eq!(masked("http://me:se@cret@nas:1/x"), "http://***@nas:1/x");
        assert_eq!(masked("http://nas:1/x"), "http://nas:1/x");
    }
}
