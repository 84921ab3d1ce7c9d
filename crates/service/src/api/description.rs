//! What the description says of every route without the route saying so, for it is done in one place for all: who may, which problems
//! are answered, and which headers are read and given. A test holds it against real answers.

use std::collections::{BTreeMap, BTreeSet};

use utoipa::openapi::extensions::ExtensionsBuilder;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn, PathItem};
use utoipa::openapi::{Content, Header, Object, ObjectBuilder, OpenApi, Ref, RefOr, Response, ResponseBuilder, Type};

use super::{etag, idempotency};
use crate::access::Need;
use crate::problem::Problem;

/// What streams of events are answered as.
const EVENTS: &str = "text/event-stream";

/// Describes what a group of routes with one need has in common.
pub(super) fn complete(group: &mut OpenApi, need: Need) {
    for item in group.paths.paths.values_mut() {
        if let Some(operation) = &mut item.get {
            problems(operation, &[]);
            looks(operation);
            allowed(operation, need);
        }
        if let Some(operation) = &mut item.post {
            problems(operation, &[409, 413, 415]);
            changes(operation);
            allowed(operation, need);
        }
    }
}

/// The names that a query may hold, by the template of its path.
pub(super) type QueryNames = BTreeMap<String, BTreeSet<String>>;

/// What the routes of a group may be asked, of those that are looked at; a change is asked in its body, or by the same names.
pub(super) fn query_names(group: &OpenApi) -> QueryNames {
    let of_item = |item: &PathItem| {
        let operations = [&item.get, &item.post].into_iter().flatten();
        let parameters = operations.flat_map(|operation| operation.parameters.iter().flatten());
        let name = |one: &RefOr<Parameter>| match one {
            RefOr::T(one) if one.parameter_in == ParameterIn::Query => Some(one.name.clone()),
            _ => None,
        };
        parameters.filter_map(name).collect()
    };
    group.paths.paths.iter().map(|(path, item)| (path.clone(), of_item(item))).collect()
}

/// Who may.
fn allowed(operation: &mut Operation, need: Need) {
    let roles = ExtensionsBuilder::new().add("x-rollen", need.roles()).build();
    match &mut operation.extensions {
        Some(there) => there.merge(roles),
        none => *none = Some(roles),
    }
}

/// Which problems it may answer beside those of its own, by its method and its path. What asks for something that is not named is
/// wrong anywhere.
fn problems(operation: &mut Operation, of_method: &[u16]) {
    let is_in_path = |one: &RefOr<Parameter>| matches!(one, RefOr::T(one) if one.parameter_in == ParameterIn::Path);
    let is_of_path = operation.parameters.iter().flatten().any(is_in_path);
    let of_path = is_of_path.then_some(&404);
    for status in [401, 403, 422, 429, 503].iter().chain(of_method).chain(of_path) {
        let content = Content::new(Some(Ref::from_schema_name("Problem")));
        let description = Problem::new(*status, "").title;
        let problem = ResponseBuilder::new().description(description).content("application/problem+json", content);
        operation.responses.responses.entry(status.to_string()).or_insert_with(|| problem.into());
    }
    let seconds = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(1)).build();
    let wait = HeaderBuilder::new()
        .schema(Some(seconds))
        .description(Some("After so many seconds the address may try again."));
    gives(operation, "429", "Retry-After", wait.build());
    gives(operation, "401", "WWW-Authenticate", header("What to show: a bearer token."));
}

/// What is the same for everything that is looked at: an answer in JSON has a digest, and a stream goes on where it was cut off.
fn looks(operation: &mut Operation) {
    if answers(operation, etag::TAGGED) {
        takes(
            operation,
            "If-None-Match",
            "The `ETag` of an answer that the reader has: while it is the same, 304 is answered.",
            text(),
        );
        gives(operation, "200", "ETag", header("Digest of this answer."));
        let known = ResponseBuilder::new().description("The answer is the one that the reader has").build();
        operation.responses.responses.insert("304".to_owned(), known.into());
        gives(operation, "304", "ETag", header("As it was given."));
    }
    if answers(operation, EVENTS) {
        let said = "The id of the last event that came in: the stream goes on after it. Of events without an id each holds all there is to know.";
        takes(operation, "Last-Event-ID", said, text());
    }
}

/// What is the same for everything that is changed: under one key it is done once.
fn changes(operation: &mut Operation) {
    let body = operation.request_body.as_ref();
    let kinds = body.and_then(|body| if let RefOr::T(body) = body { Some(body.content.keys()) } else { None });
    if kinds.into_iter().flatten().any(|kind| idempotency::passes_by(kind)) {
        return;
    }
    let said = "A key of the caller's own, a new one for each change: asked for twice within a day, it is done once.";
    let key = ObjectBuilder::new().schema_type(Type::String).min_length(Some(1)).max_length(Some(idempotency::LONGEST));
    takes(operation, "Idempotency-Key", said, key.build());
    gives(operation, "200", "Idempotent-Replayed", header("`true` when this is the answer that was given before."));
}

/// Whether it answers in a form.
fn answers(operation: &Operation, kind: &str) -> bool {
    let is = |one: &RefOr<Response>| matches!(one, RefOr::T(one) if one.content.contains_key(kind));
    operation.responses.responses.get("200").is_some_and(is)
}

/// A header that a caller may send.
fn takes(operation: &mut Operation, name: &str, said: &str, schema: Object) {
    let parameter = ParameterBuilder::new().name(name).parameter_in(ParameterIn::Header).description(Some(said));
    operation.parameters.get_or_insert_default().push(parameter.schema(Some(schema)).build().into());
}

/// A header of an answer that there is.
fn gives(operation: &mut Operation, status: &str, name: &str, header: Header) {
    if let Some(RefOr::T(answer)) = operation.responses.responses.get_mut(status) {
        answer.headers.insert(name.to_owned(), header.into());
    }
}

fn header(said: &str) -> Header {
    HeaderBuilder::new().schema(Some(text())).description(Some(said)).build()
}

fn text() -> Object {
    Object::with_type(Type::String)
}
