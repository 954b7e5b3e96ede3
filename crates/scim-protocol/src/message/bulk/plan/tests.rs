//! The order: what moves, what does not, circles, and that the work stays small.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::ScimType;

type Operations = Vec<Result<BulkOperation, RefusedOperation>>;

fn operation(method: BulkMethod, bulk_id: Option<&str>, path: &str, references: &[&str]) -> BulkOperation {
    let members: Vec<Value> = references.iter().map(|bulk_id| json!({"value": format!("bulkId:{bulk_id}")})).collect();
    BulkOperation {
        method,
        bulk_id: bulk_id.map(str::to_owned),
        path: path.to_owned(),
        version: None,
        data: Some(json!({"displayName": "x", "members": members})),
    }
}

#[expect(clippy::unnecessary_wraps, reason = "operations are planned as they were read")]
fn post(bulk_id: &str, references: &[&str]) -> Result<BulkOperation, RefusedOperation> {
    Ok(operation(BulkMethod::Post, Some(bulk_id), "/Groups", references))
}

#[expect(clippy::unnecessary_wraps, reason = "operations are planned as they were read")]
fn patch(path: &str, references: &[&str]) -> Result<BulkOperation, RefusedOperation> {
    Ok(operation(BulkMethod::Patch, None, path, references))
}

/// The order in short: `0 1- 2 1+ 3!` runs 0, begins 1, runs 2, completes 1 and refuses 3.
fn order(operations: &[Result<BulkOperation, RefusedOperation>]) -> String {
    let steps = plan(operations).into_iter().map(|step| match step {
        Step::Run(index) => index.to_string(),
        Step::Create { operation, .. } => format!("{operation}-"),
        Step::Complete(index) => format!("{index}+"),
        Step::Refuse(index, _) => format!("{index}!"),
    });
    steps.collect::<Vec<_>>().join(" ")
}

#[test]
fn without_references_nothing_moves() {
    assert_eq!(order(&[]), "");
    assert_eq!(order(&[post("a", &[]), patch("/Users/1", &[]), post("b", &[]), patch("/Users/1", &[])]), "0 1 2 3");
    assert_eq!(order(&[post("a", &[]), post("b", &["a"]), patch("/Groups/bulkId:b", &["a"])]), "0 1 2");
}

#[test]
fn a_post_is_drawn_forward_to_the_first_that_refers_to_it() {
    assert_eq!(order(&[post("a", &["b", "c"]), post("b", &["c"]), post("c", &[])]), "2 1 0");
    assert_eq!(order(&[patch("/Groups/1", &["x"]), patch("/Groups/1", &[]), post("x", &[])]), "2 0 1");
    assert_eq!(order(&[patch("/Groups/bulkId:x", &[]), patch("/Groups/bulkId:x", &[]), post("x", &[])]), "2 0 1");
    assert_eq!(order(&[post("a", &["b", "b", "b"]), post("c", &[]), post("b", &[])]), "2 0 1");
}

#[test]
fn circles_are_begun_and_completed() {
    assert_eq!(order(&[post("a", &["b"]), post("b", &["a"])]), "1- 0 1+");
    assert_eq!(order(&[post("a", &["a"])]), "0- 0+");
    assert_eq!(order(&[post("a", &["b"]), post("b", &["c"]), post("c", &["a"])]), "2- 1 0 2+");
    assert_eq!(order(&[post("a", &["b", "a"]), post("b", &["a", "b"])]), "1- 0- 1+ 0+");
    // An operation that only uses them waits until they are complete.
    assert_eq!(order(&[patch("/Groups/bulkId:a", &[]), post("a", &["b"]), post("b", &["a"])]), "2- 1 2+ 0");
    assert_eq!(order(&[patch("/Groups/1", &["a", "b"]), post("a", &["b"]), post("b", &["a"])]), "2- 1 2+ 0");
    assert_eq!(
        plan(&[post("a", &["b"]), post("b", &["c", "a", "b"]), post("c", &[])])[1],
        Step::Create { operation: 1, without: vec!["a".to_owned(), "b".to_owned()] }
    );
}

#[test]
fn what_cannot_be_done_is_refused_in_its_place() {
    let malformed = Err(RefusedOperation {
        method: Some("POST".to_owned()),
        bulk_id: Some("m".to_owned()),
        error: ScimError::invalid_value("a POST needs data"),
    });
    let operations: Operations = vec![
        post("a", &["nobody"]),
        malformed,
        post("b", &[]),
        post("b", &["a"]),
        patch("/Users/bulkId:m", &[]),
        patch("/Users/bulkId:p", &[]),
        Ok(operation(BulkMethod::Patch, Some("p"), "/Users/1", &["b"])),
        Ok(operation(BulkMethod::Post, None, "/Users", &[])),
        patch("/Users/bulkId:a", &[]),
    ];
    // 8 refers to what is created by an operation, which is refused itself: that shows when it is done.
    assert_eq!(order(&operations), "0! 1! 2 3! 4! 5! 6 7! 8");
    for step in plan(&operations) {
        if let Step::Refuse(_, error) = step {
            assert_eq!((error.status, error.scim_type), (400, Some(ScimType::InvalidValue)), "{error}");
        }
    }
}

#[test]
fn other_methods_may_share_a_bulk_id() {
    let update = |bulk_id| Ok(operation(BulkMethod::Patch, Some(bulk_id), "/Users/1", &[]));
    assert_eq!(order(&[update("a"), post("a", &[]), update("a"), patch("/Users/bulkId:a", &[])]), "0 1 2 3");
}

/// A long request is planned fast, however its operations hang together. With work that grows with the
/// square, or a stack that grows with the length, these would not end well.
#[test]
fn the_work_is_linear() {
    let plan_of = |count: usize, references: &dyn Fn(usize) -> Vec<usize>| {
        let operations: Operations = (0..count)
            .map(|index| {
                let names: Vec<String> = references(index).iter().map(ToString::to_string).collect();
                post(&index.to_string(), &names.iter().map(String::as_str).collect::<Vec<_>>())
            })
            .collect();
        let started = Instant::now();
        let steps = plan(&operations);
        (steps, started.elapsed())
    };
    let limit = Duration::from_secs(10);
    let count = 20_000;
    let (steps, elapsed) = plan_of(count, &|index| vec![(index + 1).min(19_999)]);
    assert_eq!(steps.len(), count + 1);
    assert!(elapsed < limit, "a chain: {elapsed:?}");
    let (steps, elapsed) = plan_of(count, &|index| vec![(index + 1) % 20_000]);
    assert_eq!((steps.len(), &steps[count]), (count + 1, &Step::Complete(count - 1)));
    assert!(elapsed < limit, "a ring: {elapsed:?}");
    let (steps, elapsed) = plan_of(300, &|_| (0..300).collect());
    assert_eq!(steps.len(), 600);
    assert!(elapsed < limit, "everybody with everybody: {elapsed:?}");
}

/// References of a generated request, by place; `count` and above are nobody.
fn requests() -> impl Strategy<Value = Vec<(u8, Vec<usize>)>> {
    (1..12_usize).prop_flat_map(|count| {
        let one = (0..8_u8, proptest::collection::vec(0..count + 1, 0..4));
        proptest::collection::vec(one, count)
    })
}

fn build(request: &[(u8, Vec<usize>)]) -> Operations {
    let operation = |(index, (method, references)): (usize, &(u8, Vec<usize>))| {
        let names: Vec<String> = references.iter().map(ToString::to_string).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        match method {
            0 => patch("/Groups/1", &names),
            1 => patch(&format!("/Groups/bulkId:{}", names.first().unwrap_or(&"0")), &names),
            2 => post("0", &names),
            _ => post(&index.to_string(), &names),
        }
    };
    request.iter().enumerate().map(operation).collect()
}

fn creator(operations: &Operations, bulk_id: &str) -> Option<usize> {
    operations.iter().position(|other| {
        other.as_ref().is_ok_and(|o| o.method == BulkMethod::Post && o.bulk_id.as_deref() == Some(bulk_id))
    })
}

/// The places of the operations that create what an operation refers to; `None` if one is created by nobody.
fn needs(operations: &Operations, index: usize) -> Option<BTreeSet<usize>> {
    let operation = operations[index].as_ref().unwrap();
    let mut bulk_ids = Vec::new();
    each(operation.data.as_ref().unwrap(), &mut |bulk_id| bulk_ids.push(bulk_id));
    each_of_path(&operation.path, &mut |bulk_id| bulk_ids.push(bulk_id));
    bulk_ids.iter().map(|bulk_id| creator(operations, bulk_id)).collect()
}

proptest! {
    #[test]
    fn each_is_done_once_and_after_what_it_needs(request in requests()) {
        let operations = build(&request);
        let steps = plan(&operations);
        let refused: BTreeSet<usize> =
            steps.iter().filter_map(|step| if let Step::Refuse(index, _) = step { Some(*index) } else { None }).collect();
        let (mut made, mut begun, mut places) = (BTreeSet::new(), BTreeSet::new(), Vec::new());
        for step in &steps {
            let (index, without) = match step {
                Step::Refuse(index, _) => {
                    places.push(*index);
                    let needs = needs(&operations, *index);
                    let operation = operations[*index].as_ref().unwrap();
                    let twin = operation.method == BulkMethod::Post
                        && operations[..*index].iter().flatten().any(|o| o.method == BulkMethod::Post && o.bulk_id == operation.bulk_id);
                    prop_assert!(needs.is_none() || twin, "{step:?}");
                    continue;
                }
                Step::Run(index) => (*index, BTreeSet::new()),
                Step::Create { operation, without } => {
                    prop_assert!(!without.is_empty());
                    begun.insert(*operation);
                    let open: BTreeSet<usize> =
                        without.iter().map(|bulk_id| creator(&operations, bulk_id).unwrap()).collect();
                    prop_assert!(open.iter().all(|index| !made.contains(index)), "{step:?} of {operations:?}");
                    (*operation, open)
                }
                Step::Complete(index) => {
                    prop_assert!(begun.remove(index), "{step:?}");
                    let needs = needs(&operations, *index).unwrap();
                    prop_assert!(needs.iter().all(|need| made.contains(need) || refused.contains(need)));
                    continue;
                }
            };
            places.push(index);
            let needs = needs(&operations, index).unwrap();
            for need in &needs {
                let there = made.contains(need) || refused.contains(need) || without.contains(need);
                prop_assert!(there, "{need} before {step:?}: {steps:?}");
            }
            if operations[index].as_ref().unwrap().method == BulkMethod::Patch {
                prop_assert!(begun.is_empty(), "{steps:?}");
            }
            made.insert(index);
        }
        prop_assert!(begun.is_empty());
        let others = |places: &[usize]| -> Vec<usize> {
            places.iter().copied().filter(|index| operations[*index].as_ref().unwrap().method == BulkMethod::Patch).collect()
        };
        let kept = others(&places);
        prop_assert!(kept.is_sorted(), "{kept:?}");
        places.sort_unstable();
        prop_assert_eq!(places, (0..operations.len()).collect::<Vec<_>>());
    }

    #[test]
    fn nothing_is_begun_without_a_circle(request in requests()) {
        // Each refers to those before it only.
        let request: Vec<(u8, Vec<usize>)> = request
            .into_iter()
            .enumerate()
            .map(|(index, (_, references))| (7, references.into_iter().filter(|other| *other < index).collect()))
            .collect();
        let wanted: Vec<Step> = (0..request.len()).map(Step::Run).collect();
        prop_assert_eq!(plan(&build(&request)), wanted);
        // And the other way round.
        let mut operations = build(&request);
        operations.reverse();
        prop_assert!(plan(&operations).iter().all(|step| matches!(step, Step::Run(_))));
    }
}
