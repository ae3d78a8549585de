//! Countries by their two letters, with names and about where they lie: for tables and the map.

/// Two letters, name, latitude, longitude; in the order of the letters.
#[rustfmt::skip]
const COUNTRIES: [(&str, &str, f32, f32); 199] = [
    ("AD", "Andorra", 42.5, 1.5), ("AE", "UAE", 24.0, 54.0), ("AF", "Afghanistan", 33.0, 65.0),
    ("AL", "Albania", 41.0, 20.0), ("AM", "Armenia", 40.0, 45.0), ("AO", "Angola", -12.5, 18.5),
    ("AR", "Argentina", -34.0, -64.0), ("AT", "Austria", 47.3, 13.3), ("AU", "Australia", -25.0, 134.0),
    ("AZ", "Azerbaijan", 40.5, 47.5), ("BA", "Bosnia", 44.0, 18.0), ("BB", "Barbados", 13.2, -59.5),
    ("BD", "Bangladesh", 24.0, 90.0), ("BE", "Belgium", 50.8, 4.0), ("BF", "Burkina Faso", 13.0, -2.0),
    ("BG", "Bulgaria", 43.0, 25.0), ("BH", "Bahrain", 26.0, 50.5), ("BI", "Burundi", -3.5, 30.0),
    ("BJ", "Benin", 9.5, 2.2), ("BN", "Brunei", 4.5, 114.7), ("BO", "Bolivia", -17.0, -65.0),
    ("BR", "Brazil", -10.0, -55.0), ("BS", "Bahamas", 24.0, -76.0), ("BT", "Bhutan", 27.5, 90.5),
    ("BW", "Botswana", -22.0, 24.0), ("BY", "Belarus", 53.0, 28.0), ("BZ", "Belize", 17.2, -88.7),
    ("CA", "Canada", 56.0, -106.0), ("CD", "Congo (DRC)", -3.0, 23.0), ("CF", "Central Africa", 7.0, 21.0),
    ("CG", "Congo", -1.0, 15.0), ("CH", "Switzerland", 47.0, 8.0), ("CI", "Ivory Coast", 8.0, -5.0),
    ("CL", "Chile", -30.0, -71.0), ("CM", "Cameroon", 6.0, 12.0), ("CN", "China", 35.0, 103.0),
    ("CO", "Colombia", 4.0, -72.0), ("CR", "Costa Rica", 10.0, -84.0), ("CU", "Cuba", 21.5, -80.0),
    ("CV", "Cape Verde", 16.0, -24.0), ("CY", "Cyprus", 35.0, 33.0), ("CZ", "Czechia", 49.8, 15.5),
    ("DE", "Germany", 51.0, 10.0), ("DJ", "Djibouti", 11.5, 43.0), ("DK", "Denmark", 56.0, 10.0),
    ("DO", "Dominican Rep.", 19.0, -70.7), ("DZ", "Algeria", 28.0, 3.0), ("EC", "Ecuador", -2.0, -77.5),
    ("EE", "Estonia", 59.0, 26.0), ("EG", "Egypt", 27.0, 30.0), ("ER", "Eritrea", 15.0, 39.0),
    ("ES", "Spain", 40.0, -4.0), ("ET", "Ethiopia", 8.0, 38.0), ("FI", "Finland", 63.0, 26.0),
    ("FJ", "Fiji", -18.0, 178.0), ("FO", "Faroe Islands", 62.0, -7.0), ("FR", "France", 46.5, 2.5),
    ("GA", "Gabon", -1.0, 11.7), ("GB", "United Kingdom", 53.5, -2.0), ("GE", "Georgia", 42.0, 43.5),
    ("GF", "French Guiana", 4.0, -53.0), ("GG", "Guernsey", 49.5, -2.6), ("GH", "Ghana", 8.0, -2.0),
    ("GI", "Gibraltar", 36.2, -5.4), ("GL", "Greenland", 72.0, -40.0), ("GM", "Gambia", 13.5, -16.5),
    ("GN", "Guinea", 11.0, -10.0), ("GP", "Guadeloupe", 16.3, -61.6), ("GQ", "Eq. Guinea", 2.0, 10.0),
    ("GR", "Greece", 39.0, 22.0), ("GT", "Guatemala", 15.5, -90.2), ("GU", "Guam", 13.5, 144.8),
    ("GW", "Guinea-Bissau", 12.0, -15.0), ("GY", "Guyana", 5.0, -59.0), ("HK", "Hong Kong", 22.3, 114.2),
    ("HN", "Honduras", 15.0, -86.5), ("HR", "Croatia", 45.2, 15.5), ("HT", "Haiti", 19.0, -72.4),
    ("HU", "Hungary", 47.0, 20.0), ("ID", "Indonesia", -5.0, 120.0), ("IE", "Ireland", 53.0, -8.0),
    ("IL", "Israel", 31.5, 34.8), ("IM", "Isle of Man", 54.2, -4.5), ("IN", "India", 20.0, 77.0),
    ("IQ", "Iraq", 33.0, 44.0), ("IR", "Iran", 32.0, 53.0), ("IS", "Iceland", 65.0, -18.0),
    ("IT", "Italy", 42.8, 12.8), ("JE", "Jersey", 49.2, -2.1), ("JM", "Jamaica", 18.2, -77.5),
    ("JO", "Jordan", 31.0, 36.0), ("JP", "Japan", 36.0, 138.0), ("KE", "Kenya", 1.0, 38.0),
    ("KG", "Kyrgyzstan", 41.0, 75.0), ("KH", "Cambodia", 13.0, 105.0), ("KM", "Comoros", -12.2, 44.2),
    ("KP", "North Korea", 40.0, 127.0), ("KR", "South Korea", 37.0, 127.5), ("KW", "Kuwait", 29.3, 47.7),
    ("KY", "Cayman Islands", 19.5, -80.5), ("KZ", "Kazakhstan", 48.0, 68.0), ("LA", "Laos", 18.0, 105.0),
    ("LB", "Lebanon", 33.8, 35.8), ("LC", "St. Lucia", 13.9, -61.0), ("LI", "Liechtenstein", 47.2, 9.5),
    ("LK", "Sri Lanka", 7.0, 81.0), ("LR", "Liberia", 6.5, -9.5), ("LS", "Lesotho", -29.5, 28.5),
    ("LT", "Lithuania", 55.5, 24.0), ("LU", "Luxembourg", 49.7, 6.1), ("LV", "Latvia", 57.0, 25.0),
    ("LY", "Libya", 25.0, 17.0), ("MA", "Morocco", 32.0, -5.0), ("MC", "Monaco", 43.7, 7.4),
    ("MD", "Moldova", 47.0, 29.0), ("ME", "Montenegro", 42.5, 19.3), ("MG", "Madagascar", -20.0, 47.0),
    ("MK", "North Macedonia", 41.6, 21.7), ("ML", "Mali", 17.0, -4.0), ("MM", "Myanmar", 22.0, 98.0),
    ("MN", "Mongolia", 46.0, 105.0), ("MO", "Macao", 22.2, 113.5), ("MQ", "Martinique", 14.7, -61.0),
    ("MR", "Mauritania", 20.0, -12.0), ("MT", "Malta", 35.9, 14.4), ("MU", "Mauritius", -20.3, 57.5),
    ("MV", "Maldives", 3.2, 73.0), ("MW", "Malawi", -13.5, 34.0), ("MX", "Mexico", 23.0, -102.0),
    ("MY", "Malaysia", 2.5, 112.5), ("MZ", "Mozambique", -18.2, 35.0), ("NA", "Namibia", -22.0, 17.0),
    ("NC", "New Caledonia", -21.5, 165.5), ("NE", "Niger", 16.0, 8.0), ("NG", "Nigeria", 10.0, 8.0),
    ("NI", "Nicaragua", 13.0, -85.0), ("NL", "Netherlands", 52.3, 5.5), ("NO", "Norway", 61.0, 9.0),
    ("NP", "Nepal", 28.0, 84.0), ("NZ", "New Zealand", -41.0, 174.0), ("OM", "Oman", 21.0, 57.0),
    ("PA", "Panama", 9.0, -80.0), ("PE", "Peru", -10.0, -76.0), ("PF", "French Polynesia", -17.6, -149.5),
    ("PG", "Papua New Guinea", -6.0, 147.0), ("PH", "Philippines", 13.0, 122.0),
    ("PK", "Pakistan", 30.0, 70.0), ("PL", "Poland", 52.0, 20.0), ("PR", "Puerto Rico", 18.2, -66.5),
    ("PS", "Palestine", 32.0, 35.2), ("PT", "Portugal", 39.5, -8.0), ("PY", "Paraguay", -23.0, -58.0),
    ("QA", "Qatar", 25.5, 51.2), ("RE", "Reunion", -21.1, 55.6), ("RO", "Romania", 46.0, 25.0),
    ("RS", "Serbia", 44.0, 21.0), ("RU", "Russia", 60.0, 60.0), ("RW", "Rwanda", -2.0, 30.0),
    ("SA", "Saudi Arabia", 25.0, 45.0), ("SC", "Seychelles", -4.6, 55.7), ("SD", "Sudan", 15.0, 30.0),
    ("SE", "Sweden", 62.0, 15.0), ("SG", "Singapore", 1.4, 103.8), ("SI", "Slovenia", 46.1, 14.8),
    ("SK", "Slovakia", 48.7, 19.5), ("SL", "Sierra Leone", 8.5, -11.5), ("SM", "San Marino", 43.9, 12.4),
    ("SN", "Senegal", 14.0, -14.0), ("SO", "Somalia", 6.0, 47.0), ("SR", "Suriname", 4.0, -56.0),
    ("SS", "South Sudan", 7.5, 30.0), ("SV", "El Salvador", 13.8, -88.9), ("SY", "Syria", 35.0, 38.0),
    ("SZ", "Eswatini", -26.5, 31.5), ("TD", "Chad", 15.0, 19.0), ("TG", "Togo", 8.0, 1.2),
    ("TH", "Thailand", 15.0, 101.0), ("TJ", "Tajikistan", 39.0, 71.0), ("TM", "Turkmenistan", 40.0, 60.0),
    ("TN", "Tunisia", 34.0, 9.0), ("TR", "Turkiye", 39.0, 35.0), ("TT", "Trinidad", 10.5, -61.3),
    ("TW", "Taiwan", 23.7, 121.0), ("TZ", "Tanzania", -6.0, 35.0), ("UA", "Ukraine", 49.0, 32.0),
    ("UG", "Uganda", 1.0, 32.0), ("US", "United States", 39.0, -97.0), ("UY", "Uruguay", -33.0, -56.0),
    ("UZ", "Uzbekistan", 41.0, 64.0), ("VA", "Vatican", 41.9, 12.5), ("VE", "Venezuela", 8.0, -66.0),
    ("VG", "Virgin Islands (UK)", 18.4, -64.6), ("VI", "Virgin Islands (US)", 18.3, -64.8),
    ("VN", "Vietnam", 16.0, 107.0), ("XK", "Kosovo", 42.6, 20.9), ("YE", "Yemen", 15.0, 48.0),
    ("ZA", "South Africa", -29.0, 24.0), ("ZM", "Zambia", -15.0, 30.0), ("ZW", "Zimbabwe", -19.0, 29.5),
];

fn find(code: &str) -> Option<&'static (&'static str, &'static str, f32, f32)> {
    let at = COUNTRIES.binary_search_by(|country| country.0.cmp(code)).ok()?;
    COUNTRIES.get(at)
}

/// A country's name.
pub(super) fn name(code: &str) -> Option<&'static str> {
    find(code).map(|country| country.1)
}

/// Its longitude and latitude, degrees: about its middle.
pub(super) fn place(code: &str) -> Option<(f64, f64)> {
    find(code).map(|country| (f64::from(country.3), f64::from(country.2)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_country_is_found_and_lies_on_the_map() {
        for (code, named, ..) in COUNTRIES {
            assert_eq!(name(code), Some(named));
            let (x, y) = place(code).unwrap();
            assert!((-180.0..=180.0).contains(&x) && (-60.0..=85.0).contains(&y), "{named}");
            assert!(code.len() == 2 && named.is_ascii(), "{named}");
        }
        assert_eq!((name("XX"), place("")), (None, None));
    }
}
