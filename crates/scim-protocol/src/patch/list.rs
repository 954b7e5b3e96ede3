//! Changing a list of values: which elements an operation means, and what becomes of them.

use serde_json::Value;

use super::apply::Progress;
use super::element::{add_element, check_element, create_from, merge_into, same_or_part, set_sub};
use super::op::Op;
use crate::filter::matches_element;
use crate::normalize::{attribute_value, check_length, element_value, has_content, is_primary};
use crate::schema::Attribute;
use crate::{Filter, Resource, Result, ScimError};

/// One operation on a list.
pub(super) struct Change<'a> {
    pub attribute: &'a Attribute,
    pub sub: Option<&'a Attribute>,
    pub filter: Option<&'a Filter>,
    pub op: Op,
    pub value: Option<&'a Value>,
}

/// What became of a list.
#[derive(Default)]
struct Outcome {
    /// The elements that the operation made the primary one.
    primaries: Vec<usize>,
    /// Whether there is a new element that is not more than a type.
    unfinished: bool,
}

/// Does the operation. Whether it left an element unfinished is the answer: one that is made by
/// `emails[type eq "work"].primary` is nothing until another operation gives its value.
pub(super) fn change_list(elements: &mut Vec<Value>, change: &Change<'_>, progress: &mut Progress) -> Result<bool> {
    let given = change.value.and_then(Value::as_array).map_or(1, Vec::len);
    let each = if change.filter.is_none() && change.sub.is_none() { given } else { 1 };
    let size = change.filter.map_or(1, |filter| filter.size() + 1);
    progress.spend((elements.len() + 1).saturating_mul(each.saturating_mul(size)))?;
    let outcome = match (change.filter, change.sub) {
        (None, None) => whole(elements, change)?,
        (filter, Some(sub)) => parts(elements, change, filter, sub)?,
        (Some(filter), None) => chosen(elements, change, filter)?,
    };
    settle(change.attribute, elements, outcome)
}

/// Sub-attributes that were named without saying of which element: those of the primary one, else of
/// the first one, else of a new one. What `add` gives a value of its own to is always a new one. What is
/// replaced by nothing goes from all of them, as if it were removed.
pub(super) fn change_main(
    elements: &mut Vec<Value>,
    attribute: &Attribute,
    op: Op,
    given: &[(&Attribute, &Value)],
) -> Result<bool> {
    let mut new = Resource::new();
    let (mut unassigned, mut valueless) = (false, false);
    for (sub, value) in given {
        let value = attribute_value(sub, (*value).clone())?;
        unassigned |= value.is_none();
        valueless |= value.is_none() && sub.name == "value";
        match value {
            Some(value) => set_sub(attribute, &mut new, sub, value)?,
            None if op == Op::Add => {}
            None => {
                for element in elements.iter_mut().filter_map(Value::as_object_mut) {
                    element.shift_remove(&*sub.name);
                }
            }
        }
    }
    let element = Value::Object(new.clone());
    let main = elements.iter().position(is_primary).or((!elements.is_empty()).then_some(0));
    let bare = main.is_none_or(|at| !has_content(attribute, &elements[at]));
    // The type of a value that was said to be none is nothing.
    if new.is_empty() || ((valueless || (unassigned && bare)) && !has_content(attribute, &element)) {
        return Ok(false);
    }
    let outcome = match main.and_then(|at| Some((at, elements[at].as_object_mut()?))) {
        Some((at, present)) if op != Op::Add || !has_content(attribute, &element) => {
            for (name, value) in new {
                let Some(sub) = attribute.sub(&name) else { continue };
                set_sub(attribute, present, sub, value)?;
            }
            Outcome { primaries: is_primary(&element).then_some(at).into_iter().collect(), unfinished: false }
        }
        _ => added(elements, attribute, element),
    };
    settle(attribute, elements, outcome)
}

/// Adds an element.
fn added(elements: &mut Vec<Value>, attribute: &Attribute, element: Value) -> Outcome {
    let (primary, unfinished) = (is_primary(&element), !has_content(attribute, &element));
    let at = add_element(attribute, elements, element);
    Outcome { primaries: primary.then_some(at).into_iter().collect(), unfinished }
}

/// Sees to it that the list is a legal one: not too long, one primary element at most. The one that was
/// made primary stays it; all others are not any more.
fn settle(attribute: &Attribute, elements: &mut [Value], mut outcome: Outcome) -> Result<bool> {
    check_length(attribute, elements.len())?;
    outcome.primaries.dedup();
    match outcome.primaries[..] {
        [] => {}
        [chosen] => {
            for (index, element) in elements.iter_mut().enumerate() {
                if index != chosen && is_primary(element) {
                    element["primary"] = Value::Bool(false);
                }
            }
        }
        _ => {
            return Err(ScimError::invalid_value(format!("{} would have more than one primary value", attribute.name)));
        }
    }
    Ok(outcome.unfinished)
}

/// `attr`: the list as a whole.
fn whole(elements: &mut Vec<Value>, change: &Change<'_>) -> Result<Outcome> {
    let attribute = change.attribute;
    let mut outcome = Outcome::default();
    match (change.op, change.value) {
        (Op::Remove, None | Some(Value::Null)) => elements.clear(),
        // Entra ID names the values to remove.
        (Op::Remove, Some(value)) => {
            let given = match value {
                Value::Array(given) => given.as_slice(),
                one => std::slice::from_ref(one),
            };
            check_length(attribute, given.len())?;
            for value in given {
                check_element(attribute, value, false)?;
                if let Some(value) = element_value(attribute, value.clone())? {
                    elements.retain(|element| !same_or_part(attribute, element, &value));
                }
            }
        }
        (Op::Replace, value) => *elements = list_value(attribute, value)?,
        (Op::Add, value) => {
            for element in list_value(attribute, value)? {
                let primary = is_primary(&element);
                let at = add_element(attribute, elements, element);
                outcome.primaries.extend(primary.then_some(at));
            }
        }
    }
    Ok(outcome)
}

fn list_value(attribute: &Attribute, value: Option<&Value>) -> Result<Vec<Value>> {
    match value {
        Some(Value::Array(given)) => given.iter().try_for_each(|value| check_element(attribute, value, true))?,
        Some(one) => check_element(attribute, one, true)?,
        None => {}
    }
    Ok(match attribute_value(attribute, value.cloned().unwrap_or_default())? {
        Some(Value::Array(elements)) => elements,
        _ => Vec::new(),
    })
}

/// `attr.sub` and `attr[filter].sub`: a sub-attribute of all elements, or of those chosen.
fn parts(elements: &mut Vec<Value>, change: &Change<'_>, filter: Option<&Filter>, sub: &Attribute) -> Result<Outcome> {
    let attribute = change.attribute;
    let mut outcome = Outcome::default();
    let new = match (change.op, change.value) {
        (Op::Remove, _) | (_, None) => None,
        (_, Some(value)) => attribute_value(sub, value.clone())?,
    };
    let chosen = |element: &Value| filter.is_none_or(|filter| matches_element(filter, attribute, element));
    let Some(new) = new else {
        if change.op != Op::Add {
            for element in elements.iter_mut().filter(|element| chosen(element)) {
                if let Value::Object(object) = element {
                    object.shift_remove(&*sub.name);
                }
            }
        }
        return Ok(outcome);
    };
    // Without a filter, `value` is one value: to replace that of all would make them the same.
    if filter.is_none() && sub.name == "value" {
        outcome.unfinished = change_main(elements, attribute, change.op, &[(sub, &new)])?;
        return Ok(outcome);
    }
    if !elements.iter().any(chosen) {
        let mut element = match filter {
            Some(filter) => create_from(attribute, filter, Some(sub))?,
            None => Resource::new(),
        };
        set_sub(attribute, &mut element, sub, new)?;
        return Ok(added(elements, attribute, Value::Object(element)));
    }
    for (index, element) in elements.iter_mut().enumerate().filter(|(_, element)| chosen(element)) {
        if let Value::Object(object) = element {
            set_sub(attribute, object, sub, new.clone())?;
            outcome.primaries.extend((sub.name == "primary" && is_primary(element)).then_some(index));
        }
    }
    Ok(outcome)
}

/// `attr[filter]`: whole elements.
fn chosen(elements: &mut Vec<Value>, change: &Change<'_>, filter: &Filter) -> Result<Outcome> {
    let attribute = change.attribute;
    let is_chosen = |element: &Value| matches_element(filter, attribute, element);
    let mut outcome = Outcome::default();
    if change.op == Op::Remove {
        elements.retain(|element| !is_chosen(element));
        return Ok(outcome);
    }
    let value = match change.value {
        Some(Value::Array(given)) if given.len() <= 1 => given.first(),
        Some(Value::Array(_)) => {
            return Err(ScimError::invalid_value("one value is needed for the elements of a filter"));
        }
        other => other,
    };
    check_element(attribute, value.unwrap_or(&Value::Null), false)?;
    let new = element_value(attribute, value.cloned().unwrap_or_default())?;
    let found: Vec<usize> = (0..elements.len()).filter(|index| is_chosen(&elements[*index])).collect();
    match (change.op, new) {
        (Op::Add, None) => {}
        (Op::Add, Some(new)) if found.is_empty() => {
            let mut element = Value::Object(create_from(attribute, filter, None)?);
            merge_into(&mut element, &new);
            return Ok(added(elements, attribute, element));
        }
        (_, _) if found.is_empty() => {
            return Err(ScimError::no_target(format!("no element of {} matches the filter", attribute.name)));
        }
        (_, None) => elements.retain(|element| !is_chosen(element)),
        (op, Some(new)) => {
            for index in &found {
                match op {
                    Op::Add => merge_into(&mut elements[*index], &new),
                    // What only says which one is the primary says nothing of what it is.
                    _ if !has_content(attribute, &new) => merge_into(&mut elements[*index], &new),
                    _ => elements[*index] = new.clone(),
                }
            }
            if is_primary(&new) {
                outcome.primaries = found;
            }
        }
    }
    Ok(outcome)
}
