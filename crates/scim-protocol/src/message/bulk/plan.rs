//! In which order operations are done, so that what one refers to is there before it.
//!
//! The order of the request is kept as far as that allows: a POST is drawn forward to the first operation
//! that refers to it, and nothing else moves. Where POSTs refer to each other in a circle, one of them
//! begins without the reference and is completed when the other is there.

use std::collections::{HashMap, HashSet};

use super::references::{each, each_of_path};
use super::{BulkMethod, BulkOperation, RefusedOperation, unknown};
use crate::{Result, ScimError};

/// What is to be done next. Numbers are places in [`operations`](super::BulkRequest::operations).
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// Do the operation. Whatever it refers to was tried before.
    Run(usize),
    /// Create the resource without some of its references, which form a circle: see
    /// [`split`](super::split).
    Create {
        /// The operation, a POST.
        operation: usize,
        /// The bulkIds that are not known yet.
        without: Vec<String>,
    },
    /// Apply the PATCH of the [`split`](super::split), if it has one, to what a [`Create`](Self::Create)
    /// has made.
    Complete(usize),
    /// The operation is not done.
    Refuse(usize, ScimError),
}

/// The order. Each operation is in it once: as `Run`, as `Refuse`, or as `Create` and later `Complete`.
/// The work is linear in the size of the request.
pub fn plan(operations: &[Result<BulkOperation, RefusedOperation>]) -> Vec<Step> {
    let creators = creators(operations);
    let nodes = operations.iter().enumerate().map(|(index, operation)| node(index, operation, &creators)).collect();
    let mut walk = Walk { operations, nodes, open: HashSet::new(), steps: Vec::new(), incomplete: Vec::new() };
    for index in 0..operations.len() {
        walk.root(index);
    }
    walk.steps
}

/// Which operation creates what. Of two with the same bulkId, the first one counts.
fn creators(operations: &[Result<BulkOperation, RefusedOperation>]) -> HashMap<&str, usize> {
    let mut creators = HashMap::new();
    for (index, operation) in operations.iter().enumerate() {
        if let Ok(BulkOperation { method: BulkMethod::Post, bulk_id: Some(bulk_id), .. }) = operation {
            creators.entry(bulk_id.as_str()).or_insert(index);
        }
    }
    creators
}

/// An operation with what must be there before it.
enum Node {
    /// Not looked at yet: the operations that create what it refers to, each once, in order.
    Waiting(Vec<usize>),
    /// Not to be done.
    Refused(ScimError),
    /// In the order already, or on the way into it.
    Seen,
}

fn node(index: usize, operation: &Result<BulkOperation, RefusedOperation>, creators: &HashMap<&str, usize>) -> Node {
    let operation = match operation {
        Ok(operation) => operation,
        Err(refused) => return Node::Refused(refused.error.clone()),
    };
    if operation.method == BulkMethod::Post {
        match operation.bulk_id.as_deref().map(|bulk_id| creators.get(bulk_id)) {
            Some(Some(creator)) if *creator == index => {}
            Some(_) => return Node::Refused(ScimError::invalid_value("another POST has the same bulkId")),
            None => return Node::Refused(ScimError::invalid_value("a POST needs a bulkId")),
        }
    }
    let (mut needs, mut seen, mut error) = (Vec::new(), HashSet::new(), None);
    let mut need = |bulk_id: String| match creators.get(bulk_id.as_str()) {
        Some(creator) if seen.insert(*creator) => needs.push(*creator),
        Some(_) => {}
        None => error = error.take().or_else(|| Some(unknown(&bulk_id))),
    };
    each_of_path(&operation.path, &mut need);
    if let Some(data) = &operation.data {
        each(data, &mut need);
    }
    match error {
        Some(error) => Node::Refused(error),
        None => Node::Waiting(needs),
    }
}

struct Walk<'a> {
    operations: &'a [Result<BulkOperation, RefusedOperation>],
    nodes: Vec<Node>,
    /// The POSTs whose needs are being looked at.
    open: HashSet<usize>,
    steps: Vec<Step>,
    /// Those that were created without something.
    incomplete: Vec<usize>,
}

/// A place in the depth-first walk, which keeps its own stack: chains may be as long as the request.
struct Frame {
    operation: usize,
    needs: std::vec::IntoIter<usize>,
    without: Vec<usize>,
}

impl Walk<'_> {
    /// Brings an operation into the order, and before it all that it needs. Those that were begun without
    /// something are completed as soon as nothing is open any more, and before an operation that only
    /// uses them.
    fn root(&mut self, index: usize) {
        let creates = matches!(&self.operations[index], Ok(operation) if operation.method == BulkMethod::Post);
        match std::mem::replace(&mut self.nodes[index], Node::Seen) {
            Node::Seen => {}
            Node::Refused(error) => self.steps.push(Step::Refuse(index, error)),
            Node::Waiting(needs) if creates => {
                self.create(index, needs);
                self.complete();
            }
            Node::Waiting(needs) => {
                for need in needs {
                    if let Some(needs) = self.take(need) {
                        self.create(need, needs);
                    }
                }
                self.complete();
                self.steps.push(Step::Run(index));
            }
        }
    }

    /// What an operation waits for, if it is to be done and not in the order yet.
    fn take(&mut self, index: usize) -> Option<Vec<usize>> {
        match std::mem::replace(&mut self.nodes[index], Node::Seen) {
            Node::Waiting(needs) => Some(needs),
            Node::Seen => None,
            refused @ Node::Refused(_) => {
                self.nodes[index] = refused;
                None
            }
        }
    }

    fn create(&mut self, operation: usize, needs: Vec<usize>) {
        self.open.insert(operation);
        let mut stack = vec![Frame { operation, needs: needs.into_iter(), without: Vec::new() }];
        while let Some(frame) = stack.last_mut() {
            let Some(need) = frame.needs.next() else {
                self.close(frame.operation, std::mem::take(&mut frame.without));
                stack.pop();
                continue;
            };
            if self.open.contains(&need) {
                frame.without.push(need);
            } else if let Some(needs) = self.take(need) {
                self.open.insert(need);
                stack.push(Frame { operation: need, needs: needs.into_iter(), without: Vec::new() });
            }
        }
    }

    fn close(&mut self, operation: usize, without: Vec<usize>) {
        self.open.remove(&operation);
        if without.is_empty() {
            self.steps.push(Step::Run(operation));
            return;
        }
        let bulk_id = |index: usize| self.operations[index].as_ref().ok().and_then(|other| other.bulk_id.clone());
        let without = without.into_iter().filter_map(bulk_id).collect();
        self.steps.push(Step::Create { operation, without });
        self.incomplete.push(operation);
    }

    fn complete(&mut self) {
        self.steps.extend(self.incomplete.drain(..).map(Step::Complete));
    }
}

#[cfg(test)]
mod tests;
