//! Enrollment by invitation acts from here on. Whoever chose it before chose something that did nothing, and needed no permission to
//! invite; people may have left since without a mark. It is chosen anew.

script!(UP);

const UP: &str = "
UPDATE organization_domains SET enrollment_mode = 'manual_invitation' WHERE enrollment_mode = 'automatic_invitation'
";
