//! Made-up people: names of many languages, departments with titles, and chance that is the same for the same seed.

use serde_json::{Value, json};

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

const GIVEN: &[&str] = &[
    "Ada", "Amara", "Anh", "Anna", "Arjun", "Aylin", "Ben", "Carlos", "Chidi", "Chloé", "Daniel", "Elena", "Emre",
    "Fatima", "Felix", "Freya", "Giulia", "Grace", "Hana", "Hugo", "Ibrahim", "Ines", "Isabel", "Jamal", "Jonas",
    "Jürgen", "Kaito", "Kwame", "Lars", "Leila", "Lucía", "Mai", "Marek", "Maria", "Mateo", "Mei", "Nadia", "Naomi",
    "Noor", "Oksana", "Olivia", "Omar", "Paul", "Priya", "Rafael", "Renée", "Ruth", "Samuel", "Sofia", "Søren",
    "Tariq", "Thandi", "Tomás", "Uma", "Viktor", "Wei", "Yara", "Yusuf", "Zoë", "Zuri",
];

const FAMILY: &[&str] = &[
    "Abebe",
    "Adeyemi",
    "Almeida",
    "Andersson",
    "Bauer",
    "Becker",
    "Bianchi",
    "Chen",
    "Costa",
    "Demir",
    "Diallo",
    "Dubois",
    "Eriksen",
    "Fernández",
    "Fischer",
    "García",
    "Haddad",
    "Hansen",
    "Hernández",
    "Hoffmann",
    "Ito",
    "Ivanova",
    "Jensen",
    "Kaya",
    "Khan",
    "Kim",
    "Kovács",
    "Kowalski",
    "Kumar",
    "Laurent",
    "Lindqvist",
    "Martin",
    "Mbeki",
    "Moreau",
    "Müller",
    "Mwangi",
    "Nakamura",
    "Nguyen",
    "Novák",
    "O'Brien",
    "Okafor",
    "Osei",
    "Owens",
    "Park",
    "Patel",
    "Petrov",
    "Reyes",
    "Rossi",
    "Sánchez",
    "Sato",
    "Schneider",
    "Sharma",
    "Silva",
    "Singh",
    "Smith",
    "Tanaka",
    "Torres",
    "Van Dijk",
    "Walker",
    "Yılmaz",
];

/// Departments, each with what people there are called.
pub const DEPARTMENTS: &[(&str, &[&str])] = &[
    (
        "Engineering",
        &["Software Engineer", "Senior Software Engineer", "Site Reliability Engineer", "Engineering Manager"],
    ),
    ("Sales", &["Account Executive", "Sales Engineer", "Regional Director"]),
    ("Support", &["Support Engineer", "Customer Success Manager"]),
    ("Marketing", &["Content Strategist", "Campaign Manager", "Designer"]),
    ("Finance", &["Controller", "Payroll Specialist", "Analyst"]),
    ("People", &["Recruiter", "HR Business Partner"]),
    ("Legal", &["Counsel", "Privacy Officer"]),
];

/// Chance that depends on the seed alone (`SplitMix64`): nothing here is secret.
pub struct Dice(u64);

impl Dice {
    /// The dice of a seed.
    pub const fn of(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number from 0 up to, and without, `end`; 0 if that is 0.
    pub fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end.max(1)).unwrap_or(u64::MAX);
        usize::try_from(self.next() % end).unwrap_or_default()
    }

    /// One of some.
    pub fn one_of<'a, T: ?Sized>(&mut self, some: &[&'a T]) -> Option<&'a T> {
        some.get(self.below(some.len())).copied()
    }

    fn text(&mut self, length: usize) -> String {
        const ALPHABET: &[u8; 32] = b"abcdefghijkmnopqrstuvwxyz2345678";
        (0..length).map(|_| char::from(ALPHABET[self.below(32)])).collect()
    }
}

/// Somebody in the identity provider.
#[derive(Clone)]
pub struct Person {
    /// Their sign-in name there, an address.
    pub user_name: String,
    given: String,
    family: String,
    /// Where they work.
    pub department: String,
    /// As what.
    pub title: String,
    employee_number: String,
    external_id: String,
    /// Drawn with the rest, whether it is ever sent or not: who comes next depends on the seed alone.
    password: String,
    /// What the server calls them, once it knows them.
    pub id: String,
    /// Whether they are assigned.
    pub active: bool,
}

impl Person {
    /// The next one, whom no other has the name of. Somebody who joins later has the higher number.
    pub fn next(dice: &mut Dice, domain: &str, taken: &[Self]) -> Self {
        let given = dice.one_of(GIVEN).unwrap_or_default().to_owned();
        let family = dice.one_of(FAMILY).unwrap_or_default().to_owned();
        let (department, title) = post(dice);
        let plain = format!("{}.{}", ascii(&given), ascii(&family));
        let names = (1..).map(|n| if n == 1 { format!("{plain}@{domain}") } else { format!("{plain}{n}@{domain}") });
        let free = |name: &String| taken.iter().all(|other| other.user_name != *name);
        Self {
            user_name: names.into_iter().find(free).unwrap_or_default(),
            given,
            family,
            department,
            title,
            employee_number: format!("{}", 1001 + taken.len()),
            external_id: format!("00u{}", dice.text(17)),
            password: format!("A1{}", dice.text(14)),
            id: String::new(),
            active: true,
        }
    }

    /// What people call them.
    pub fn name(&self) -> String {
        format!("{} {}", self.given, self.family)
    }

    /// Gives them another department and title.
    pub fn move_on(&mut self, dice: &mut Dice) {
        let before = self.department.clone();
        while self.department == before {
            (self.department, self.title) = post(dice);
        }
    }

    /// The whole profile, as Okta sends it: always with a password, which nobody knows, and with groups that are none.
    pub fn create(&self) -> Value {
        let mut body = json!({
            "schemas": [USER, ENTERPRISE], "locale": "en-US", "groups": [], "password": self.password,
            "externalId": self.external_id,
        });
        self.write(&mut body);
        body
    }

    /// Writes the profile into a resource as it was read, of which everything else stays.
    pub fn write(&self, resource: &mut Value) {
        resource["userName"] = json!(self.user_name);
        resource["name"] = json!({ "givenName": self.given, "familyName": self.family });
        resource["displayName"] = json!(self.name());
        resource["emails"] = json!([{ "primary": true, "value": self.user_name, "type": "work" }]);
        resource["title"] = json!(self.title);
        resource["active"] = json!(self.active);
        resource[ENTERPRISE] = json!({ "department": self.department, "employeeNumber": self.employee_number });
    }
}

fn post(dice: &mut Dice) -> (String, String) {
    // The first departments are the large ones.
    let place = dice.below(DEPARTMENTS.len()).min(dice.below(DEPARTMENTS.len()));
    let (department, titles) = DEPARTMENTS[place];
    (department.to_owned(), dice.one_of(titles).unwrap_or_default().to_owned())
}

/// A name as it stands in addresses.
fn ascii(name: &str) -> String {
    let plain = |c: char| match c {
        'á' | 'à' | 'ä' => 'a',
        'é' | 'è' | 'ë' => 'e',
        'í' | 'ı' => 'i',
        'ó' | 'ö' | 'ø' => 'o',
        'ú' | 'ü' => 'u',
        other => other,
    };
    name.to_lowercase().chars().map(plain).filter(char::is_ascii_alphanumeric).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_people_and_nobody_twice() {
        let crowd = |seed| {
            let (mut dice, mut people) = (Dice::of(seed), Vec::<Person>::new());
            for _ in 0..500 {
                let person = Person::next(&mut dice, "acme.example", &people);
                people.push(person);
            }
            people
        };
        let names = |people: &[Person]| people.iter().map(|p| p.user_name.clone()).collect::<Vec<_>>();
        let (one, same, other) = (crowd(7), crowd(7), crowd(8));
        assert_eq!(names(&one), names(&same));
        assert_ne!(names(&one), names(&other));
        let mut sorted = names(&one);
        sorted.sort();
        sorted.dedup();
        assert_eq!(sorted.len(), 500);
        assert!(sorted.iter().all(|name| name.is_ascii() && name.ends_with("@acme.example") && name.contains('.')));
        for (department, _) in DEPARTMENTS {
            assert!(one.iter().any(|person| person.department == *department), "{department}");
        }
    }

    #[test]
    fn every_name_can_stand_in_an_address() {
        for name in GIVEN.iter().chain(FAMILY) {
            let lost = name.chars().filter(|c| c.is_alphabetic()).count() - ascii(name).len();
            assert_eq!(lost, 0, "{name}: {}", ascii(name));
        }
    }
}
