//! Countries of addresses, from a file in MaxMind's format that the operator names. Looked up when viewers are
//! told, never while lines are read.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use maxminddb::{PathElement, Reader};

use crate::api::snapshot::Geo;

/// Where records keep the country's two letters: MaxMind's own files, and those made from registries.
const PLACES: [&[PathElement<'static>]; 4] = [
    &[PathElement::Key("country"), PathElement::Key("iso_code")],
    &[PathElement::Key("registered_country"), PathElement::Key("iso_code")],
    &[PathElement::Key("country_code")],
    &[PathElement::Key("country")],
];

/// The file, if there is one.
#[derive(Default)]
pub struct GeoFile {
    path: Option<PathBuf>,
    reader: Option<Reader<Vec<u8>>>,
    wrong: Option<String>,
}

impl GeoFile {
    /// Takes this file from now on; one that is taken already is not read again. Gives what is wrong with it, in one
    /// line.
    pub fn take(&mut self, path: Option<&Path>) -> Option<&str> {
        if self.path.as_deref() == path && (self.reader.is_some() || path.is_none()) {
            return None;
        }
        *self = Self {
            path: path.map(Path::to_owned),
            ..Self::default()
        };
        let path = path?;
        match Reader::open_readfile(path) {
            Ok(reader) => {
                self.reader = Some(reader);
                None
            }
            Err(error) => {
                let path = path.display();
                self.wrong = Some(format!(
                    "geoip.file {path}: {error}; give a .mmdb file that can be read, peers have no countries until then"
                ));
                self.wrong.as_deref()
            }
        }
    }

    /// Whether countries are known.
    pub fn state(&self) -> Geo {
        match (&self.reader, &self.wrong) {
            (Some(_), _) => Geo::On,
            (None, Some(wrong)) => Geo::Broken(wrong.clone()),
            (None, None) => Geo::Off,
        }
    }

    /// The two letters of an address's country; `None` when it is not known.
    pub fn country(&self, address: IpAddr) -> Option<String> {
        let found = self.reader.as_ref()?.lookup(address).ok()?;
        let code = |path: &[PathElement<'_>]| {
            let code = found.decode_path::<&str>(path).ok()??;
            let letters = code.len() == 2 && code.bytes().all(|b| b.is_ascii_alphabetic());
            letters.then(|| code.to_ascii_uppercase())
        };
        PLACES.into_iter().find_map(code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "tests/geo/country.mmdb";

    #[test]
    fn both_kinds_of_files_tell_countries_and_nothing_else_is_one() {
        let mut geo = GeoFile::default();
        assert_eq!((geo.state(), geo.country([192, 0, 2, 0].into())), (Geo::Off, None));
        assert_eq!(geo.take(Some(Path::new(FILE))), None);
        assert_eq!(geo.state(), Geo::On);
        for (address, country) in [
            ("192.0.2.0", Some("DE")),
            ("198.51.100.0", Some("US")),
            ("2001:db8:7::", Some("JP")),
            ("203.0.113.0", None),
            ("10.1.2.0", None),
            ("fe80::", None),
        ] {
            let found = geo.country(address.parse().unwrap());
            assert_eq!(found.as_deref(), country, "{address}");
        }
        assert_eq!(geo.take(None), None);
        assert_eq!(geo.state(), Geo::Off);
    }

    #[test]
    fn a_file_that_cannot_be_read_is_named_and_tried_again() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("geo.mmdb");
        let mut geo = GeoFile::default();
        assert!(geo.take(Some(&path)).is_some_and(|wrong| wrong.contains("geo.mmdb")));
        std::fs::write(&path, "no database").unwrap();
        assert!(geo.take(Some(&path)).is_some_and(|wrong| !wrong.contains('\n')));
        assert!(matches!(geo.state(), Geo::Broken(_)));
        std::fs::copy(FILE, &path).unwrap();
        assert_eq!(geo.take(Some(&path)), None);
        assert_eq!(geo.state(), Geo::On);
    }
}
