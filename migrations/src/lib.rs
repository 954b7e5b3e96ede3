//! The history of the schema: one source for SQLite and PostgreSQL.
//!
//! Each migration is SQL that both databases read; [`columns`] replaces the few words in which they
//! differ. Instants are `BIGINT`, milliseconds since the Unix epoch; JSON is `TEXT`; ids are `TEXT`
//! compared byte by byte.

#[macro_use]
mod columns;
mod m0001_people;
mod m0002_organizations;
mod m0003_directories;
mod m0004_instance;
mod m0005_directory_counts;
mod m0006_directory_credentials;
mod m0007_directory_schemas;
mod m0008_nested_groups;
mod m0009_role_rules;
mod m0010_attribute_mappings;
mod m0011_directory_care;
mod m0012_request_log;
mod m0013_webhooks;
mod m0014_audit;
mod m0015_administration;
mod m0016_receipts_and_notices;
mod m0017_event_order;
mod m0018_directory_imports;
mod m0019_fair_jobs_and_seals;
mod m0020_lists;
mod m0022_impersonation;
mod m0024_setup;
mod m0025_handovers;
mod m0026_endings;
mod m0027_methods;
mod m0028_social;
mod m0029_two_factor;
mod m0030_api_keys;
mod m0031_session_tokens;
mod m0032_passkeys;
mod m0033_administrators;
mod m0034_teams;
mod m0036_device_codes;
mod m0038_request_names;
mod m0039_request_segments;
mod m0040_arrivals;
mod m0041_throttles;
mod m0042_phone_numbers;
mod m0043_organization_roles;
mod m0044_endings_by_hand;
mod m0045_additional_fields;
mod m0047_erasures;
mod m0048_import_reports;
mod m0050_foreign_hashes;
mod m0051_single_sign_on;
mod m0052_rule_teams;
mod m0053_fields_of_members;
mod m0054_forgetting;
mod m0055_fields_within_organizations;
mod m0056_whose_they_are;
mod m0057_modes_that_act;
mod m0058_fields_of_sessions;

pub use sea_orm_migration::MigratorTrait;
use sea_orm_migration::prelude::*;

/// Runs what has not run yet, in order.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0001_people::Migration),
            Box::new(m0002_organizations::Migration),
            Box::new(m0003_directories::Migration),
            Box::new(m0004_instance::Migration),
            Box::new(m0005_directory_counts::Migration),
            Box::new(m0006_directory_credentials::Migration),
            Box::new(m0007_directory_schemas::Migration),
            Box::new(m0008_nested_groups::Migration),
            Box::new(m0009_role_rules::Migration),
            Box::new(m0010_attribute_mappings::Migration),
            Box::new(m0011_directory_care::Migration),
            Box::new(m0012_request_log::Migration),
            Box::new(m0013_webhooks::Migration),
            Box::new(m0014_audit::Migration),
            Box::new(m0015_administration::Migration),
            Box::new(m0016_receipts_and_notices::Migration),
            Box::new(m0017_event_order::Migration),
            Box::new(m0018_directory_imports::Migration),
            Box::new(m0019_fair_jobs_and_seals::Migration),
            Box::new(m0020_lists::Migration),
            Box::new(m0022_impersonation::Migration),
            Box::new(m0024_setup::Migration),
            Box::new(m0025_handovers::Migration),
            Box::new(m0026_endings::Migration),
            Box::new(m0027_methods::Migration),
            Box::new(m0028_social::Migration),
            Box::new(m0029_two_factor::Migration),
            Box::new(m0030_api_keys::Migration),
            Box::new(m0031_session_tokens::Migration),
            Box::new(m0032_passkeys::Migration),
            Box::new(m0033_administrators::Migration),
            Box::new(m0034_teams::Migration),
            Box::new(m0036_device_codes::Migration),
            Box::new(m0038_request_names::Migration),
            Box::new(m0039_request_segments::Migration),
            Box::new(m0043_organization_roles::Migration),
            Box::new(m0044_endings_by_hand::Migration),
            Box::new(m0040_arrivals::Migration),
            Box::new(m0041_throttles::Migration),
            Box::new(m0042_phone_numbers::Migration),
            Box::new(m0045_additional_fields::Migration),
            Box::new(m0047_erasures::Migration),
            Box::new(m0048_import_reports::Migration),
            Box::new(m0050_foreign_hashes::Migration),
            Box::new(m0051_single_sign_on::Migration),
            Box::new(m0052_rule_teams::Migration),
            Box::new(m0054_forgetting::Migration),
            Box::new(m0053_fields_of_members::Migration),
            Box::new(m0055_fields_within_organizations::Migration),
            Box::new(m0056_whose_they_are::Migration),
            Box::new(m0057_modes_that_act::Migration),
            Box::new(m0058_fields_of_sessions::Migration),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_called_as_its_file_for_ever() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src");
        let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
        let stems = files.filter_map(|file| Some(file.file_name().to_str()?.strip_suffix(".rs")?.to_owned()));
        let mut files: Vec<String> = stems.filter(|name| name.starts_with('m')).collect();
        files.sort();
        let mut names: Vec<String> = Migrator::migrations().iter().map(|one| one.name().to_owned()).collect();
        names.sort();
        assert_eq!(names, files, "one that is called otherwise runs once more on every database");
    }
}
