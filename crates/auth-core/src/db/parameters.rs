//! Which values a statement wants where: SQLite takes `$2` for a name, counts names by where they come first, and finds one by a
//! look at all that come before it.

/// How many parameters SQLite takes at the most.
const MANY: usize = 32_767;

/// The numbers of a statement's parameters in the order in which they come first; `None` where that is not to be seen at a
/// glance. Quoted text has none.
pub(super) fn numbers(sql: &str) -> Option<Vec<usize>> {
    if sql.contains("--") || sql.contains("/*") {
        return None;
    }
    let (mut numbers, mut seen, mut rest) = (Vec::new(), Vec::new(), sql);
    while let Some(at) = rest.find(['$', '\'', '"', '?', ':', '@', '#', '`', '[']) {
        let (sign, after) = (rest.as_bytes()[at], &rest[at + 1..]);
        // Which may be within a name.
        if rest[..at].ends_with(|before: char| before.is_alphanumeric() || matches!(before, '_' | '$')) && sign == b'$'
        {
            return None;
        }
        if matches!(sign, b'\'' | b'"') {
            rest = &after[after.find(char::from(sign))? + 1..];
            continue;
        }
        let digits = after.bytes().take_while(u8::is_ascii_digit).count();
        let number: usize = after[..digits].parse().ok().filter(|number| sign == b'$' && *number < MANY)?;
        if seen.len() <= number {
            seen.resize(number + 1, false);
        }
        if !std::mem::replace(&mut seen[number], true) {
            numbers.push(number);
        }
        rest = &after[digits..];
        if rest.starts_with(|next: char| next.is_alphanumeric() || next == '_') {
            return None;
        }
    }
    Some(numbers)
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;
    use sea_orm::Value;

    use super::super::Change;
    use super::*;

    #[test]
    fn parameters_are_counted_as_sqlite_counts_them() {
        let memory = Connection::open_in_memory().unwrap();
        memory.execute_batch("CREATE TABLE t (a TEXT, \"b$7\" TEXT)").unwrap();
        for (sql, wanted) in [
            ("SELECT a FROM t WHERE a IN ($2, $10, $1, $2)", Some(vec![2, 10, 1])),
            ("SELECT '$4', 'it''s $5', \"b$7\" FROM t WHERE a = $3 || '\"' || $1", Some(vec![3, 1])),
            ("SELECT a->>'$.a' FROM t LIMIT (0 + $1)", Some(vec![1])),
            ("SELECT a FROM t", Some(Vec::new())),
            ("SELECT a FROM t WHERE a = $2 -- or $1", None),
            ("SELECT a /* $1 */ FROM t WHERE a = $2", None),
            ("SELECT a FROM t WHERE a = ?2 OR a = $1", None),
            ("SELECT a FROM t WHERE a = $1a", None),
            ("SELECT a AS a$1 FROM t WHERE a = $2", None),
        ] {
            assert_eq!(numbers(sql), wanted, "{sql}");
            let statement = memory.prepare(sql).unwrap();
            let named = (1..=statement.parameter_count()).map(|index| statement.parameter_name(index));
            let named: Vec<_> = named.map(|name| name.and_then(|name| name[1..].parse::<usize>().ok())).collect();
            assert!(wanted.is_none_or(|wanted| wanted.into_iter().map(Some).eq(named)), "{sql}");
        }
    }

    #[test]
    fn many_parameters_are_counted_in_their_order() {
        let rows = vec![[const { Value::Int(None) }; 25]; 256];
        let change = Change::insertions("t (a)", rows).remove(0);
        assert_eq!(numbers(&change.sql), Some((1..=256 * 25).collect()));
    }
}
