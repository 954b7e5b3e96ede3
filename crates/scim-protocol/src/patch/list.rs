//! Changing a list of values: which elements an operation means, and what becomes of them.

use serde_json::Value;

use super::element::{add_element, create_from, merge_into, same_or_part};
use super::op::Op;
use crate::filter::matches_element;
use crate::normalize::{attribute_value, check_length, element_value, has_content, is_primary};
use crate::schema::{Attribute, Mutability};
use crate::{Filter, Result, ScimError};

/// One operation on a list.
pub(super) struct Change<'a> {
    pub attribute: &'a Attribute,
    pub sub: Option<&'a Attribute>,
    pub filter: Option<&'a Filter>,
    pub op: Op,
    pub value: Option<&'a Value>,
}

/// The list after the operation.
pub(super) fn change_list(mut elements: Vec<Value>, change: &Change<'_>) -> Result<Vec<Value>> {
    // Which elements this operation made the primary one.
    let mut primaries = Vec::new();
    let keep_primaries = elements.iter().map(is_primary).collect::<Vec<_>>();
    match (change.filter, change.sub) {
        (None, None) => whole(&mut elements, change)?,
        (filter, Some(sub)) => parts(&mut elements, change, filter, sub)?,
        (Some(filter), None) => chosen(&mut elements, change, filter)?,
    }
    elements.retain(|element| has_content(change.attribute, element));
    check_length(change.attribute, elements.len())?;
    if change.op != Op::Remove && elements.iter().filter(|element| is_primary(element)).count() > 1 {
        let stayed =
            |index: usize| keep_primaries.get(index) == Some(&true) && !named_primary(change, &elements, index);
        primaries.extend((0..elements.len()).filter(|index| is_primary(&elements[*index]) && !stayed(*index)));
        settle_primary(change.attribute, &mut elements, &primaries)?;
    }
    Ok(elements)
}

/// Whether this operation itself says that an element, which was primary before, is.
fn named_primary(change: &Change<'_>, elements: &[Value], index: usize) -> bool {
    let sets_primary = change.sub.is_some_and(|sub| sub.name == "primary");
    sets_primary && change.filter.is_none_or(|filter| matches_element(filter, change.attribute, &elements[index]))
}

/// The one that was made primary stays it; all others are not any more.
fn settle_primary(attribute: &Attribute, elements: &mut [Value], made: &[usize]) -> Result<()> {
    let [chosen] = made else {
        return Err(ScimError::invalid_value(format!("{} would have more than one primary value", attribute.name)));
    };
    for (index, element) in elements.iter_mut().enumerate() {
        if index != *chosen && is_primary(element) {
            element["primary"] = Value::Bool(false);
        }
    }
    Ok(())
}

/// `attr`: the list as a whole.
fn whole(elements: &mut Vec<Value>, change: &Change<'_>) -> Result<()> {
    let attribute = change.attribute;
    match (change.op, change.value) {
        (Op::Remove, None | Some(Value::Null)) => elements.clear(),
        // Entra ID names the values to remove.
        (Op::Remove, Some(value)) => {
            let given = match value {
                Value::Array(given) => given.clone(),
                one => vec![one.clone()],
            };
            check_length(attribute, given.len())?;
            for value in given {
                if let Some(value) = element_value(attribute, value)? {
                    elements.retain(|element| !same_or_part(attribute, element, &value));
                }
            }
        }
        (Op::Replace, value) => {
            *elements = list_value(attribute, value)?;
        }
        (Op::Add, value) => {
            for element in list_value(attribute, value)? {
                add_element(attribute, elements, element);
            }
        }
    }
    Ok(())
}

fn list_value(attribute: &Attribute, value: Option<&Value>) -> Result<Vec<Value>> {
    Ok(match attribute_value(attribute, value.cloned().unwrap_or_default())? {
        Some(Value::Array(elements)) => elements,
        _ => Vec::new(),
    })
}

/// `attr.sub` and `attr[filter].sub`: a sub-attribute of all elements, or of those chosen.
fn parts(elements: &mut Vec<Value>, change: &Change<'_>, filter: Option<&Filter>, sub: &Attribute) -> Result<()> {
    let attribute = change.attribute;
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
        return Ok(());
    };
    // `add` to `emails.value` is one more address, not the same one everywhere.
    let appends = filter.is_none() && change.op == Op::Add && sub.name == "value";
    if appends || !elements.iter().any(chosen) {
        let mut element = match filter {
            Some(filter) => create_from(attribute, filter, Some(sub))?,
            None => Value::Object(crate::Resource::new()),
        };
        element[&*sub.name] = new;
        add_element(attribute, elements, element);
        return Ok(());
    }
    for element in elements.iter_mut().filter(|element| chosen(element)) {
        if let Value::Object(object) = element {
            if sub.mutability == Mutability::Immutable && object.get(&*sub.name).is_some_and(|old| *old != new) {
                return Err(ScimError::mutability(format!("{}.{} cannot be changed", attribute.name, sub.name)));
            }
            object.insert(sub.name.to_string(), new.clone());
        }
    }
    Ok(())
}

/// `attr[filter]`: whole elements.
fn chosen(elements: &mut Vec<Value>, change: &Change<'_>, filter: &Filter) -> Result<()> {
    let attribute = change.attribute;
    let is_chosen = |element: &Value| matches_element(filter, attribute, element);
    if change.op == Op::Remove {
        elements.retain(|element| !is_chosen(element));
        return Ok(());
    }
    let value = match change.value {
        Some(Value::Array(given)) if given.len() <= 1 => given.first(),
        Some(Value::Array(_)) => {
            return Err(ScimError::invalid_value("one value is needed for the elements of a filter"));
        }
        other => other,
    };
    let new = element_value(attribute, value.cloned().unwrap_or_default())?;
    let found = elements.iter().any(is_chosen);
    match (change.op, new) {
        (Op::Add, None) => {}
        (Op::Add, Some(new)) if found => {
            elements.iter_mut().filter(|element| is_chosen(element)).for_each(|element| merge_into(element, &new));
        }
        (Op::Add, Some(new)) => {
            let mut element = create_from(attribute, filter, None)?;
            merge_into(&mut element, &new);
            add_element(attribute, elements, element);
        }
        (_, _) if !found => {
            return Err(ScimError::no_target(format!("no element of {} matches the filter", attribute.name)));
        }
        (_, None) => elements.retain(|element| !is_chosen(element)),
        (_, Some(new)) => {
            elements.iter_mut().filter(|element| is_chosen(element)).for_each(|element| *element = new.clone());
        }
    }
    Ok(())
}
