//! `pullcreds argocd-parameters`: what an Application may set, for `parameters.dynamic` of a plugin.

use serde::Serialize;

use crate::cli::environment::{flag_variable, truth};
use crate::cli::exit::{Exit, Stop};
use crate::cli::output::print;
use crate::cli::settings::argocd::{KNOWN, Parameter, Value};

// The announcement.
/// As Argo CD reads an announced parameter (`ParameterAnnouncement`).
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Announced {
    name: &'static str,
    title: &'static str,
    tooltip: &'static str,
    required: bool,
    item_type: &'static str,
    collection_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    string: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    array: Option<Vec<String>>,
}

/// Prints what an Application may ask for, for `spec.parameters.dynamic` of the plugin.
pub(crate) fn announce() -> Result<Exit, Stop> {
    let locked = truth("no-app-overrides")?.unwrap_or(false);
    let announced: Vec<_> = KNOWN.iter().filter(|_| !locked).map(announced).collect();
    let text = serde_json::to_string_pretty(&announced).expect("texts and lists are JSON");
    print(&(text + "\n"))
}

fn announced(parameter: &Parameter) -> Announced {
    let Parameter { name, title, tooltip, value } = *parameter;
    let stated = flag_variable(name).1;
    let (item_type, collection_type) = match value {
        Value::List => ("string", "array"),
        Value::Text(_) => ("string", "string"),
        Value::Switch => ("boolean", "string"),
    };
    let (string, array) = match value {
        Value::List => {
            let values = stated.as_deref().unwrap_or_default().split(['\n', ',']).map(str::trim);
            (None, Some(values.filter(|value| !value.is_empty()).map(str::to_owned).collect()))
        }
        Value::Text(default) => (Some(stated.unwrap_or_else(|| default.to_owned())), None),
        Value::Switch => (Some(stated.unwrap_or_else(|| "false".to_owned())), None),
    };
    Announced { name, title, tooltip, required: false, item_type, collection_type, string, array }
}
