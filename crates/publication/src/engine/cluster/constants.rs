//! What a query computes from itself alone is computed before it travels: a cluster knows the size of a list, not of a computation, and
//! shuffles all registrations for a join with what it does not know the size of.

use std::collections::HashMap;

use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::dataframe::DataFrame;
use datafusion::error::Result;
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, SubqueryAlias, col, lit};
use datafusion::prelude::SessionContext;
use datafusion::scalar::ScalarValue;

/// Beyond so many rows a computation travels as it is: a message has an end.
const MOST_ROWS: usize = 200_000;

/// The same plan, in which named tables that read no registrations are lists of their rows.
pub(super) async fn computed(plan: LogicalPlan, session: &SessionContext) -> Result<LogicalPlan> {
    let mut lists = HashMap::new();
    for alias in constants(&plan)? {
        if let Some(list) = list(&alias, session).await? {
            lists.insert(alias, list);
        }
    }
    let replaced = plan.transform_down(|node| match &node {
        LogicalPlan::SubqueryAlias(alias) => Ok(match lists.get(alias) {
            Some(list) => Transformed::new(list.clone(), true, TreeNodeRecursion::Jump),
            None => Transformed::no(node),
        }),
        _ => Ok(Transformed::no(node)),
    });
    replaced.map(|replaced| replaced.data)
}

/// The outermost named tables that read no registrations.
fn constants(plan: &LogicalPlan) -> Result<Vec<SubqueryAlias>> {
    let mut found = Vec::new();
    plan.apply(|node| {
        let LogicalPlan::SubqueryAlias(alias) = node else { return Ok(TreeNodeRecursion::Continue) };
        if node.exists(|below| Ok(matches!(below, LogicalPlan::TableScan(_))))? {
            return Ok(TreeNodeRecursion::Continue);
        }
        found.push(alias.clone());
        Ok(TreeNodeRecursion::Jump)
    })?;
    Ok(found)
}

/// A named table as the list of its rows, under the same names.
async fn list(alias: &SubqueryAlias, session: &SessionContext) -> Result<Option<LogicalPlan>> {
    let batches = DataFrame::new(session.state(), alias.input.as_ref().clone()).collect().await?;
    let count: usize = batches.iter().map(|batch| batch.num_rows()).sum();
    if count == 0 || count > MOST_ROWS {
        return Ok(None);
    }
    let mut rows: Vec<Vec<Expr>> = Vec::with_capacity(count);
    for batch in &batches {
        for row in 0..batch.num_rows() {
            let values = batch.columns().iter().map(|column| ScalarValue::try_from_array(column, row).map(lit));
            rows.push(values.collect::<Result<_>>()?);
        }
    }
    let names = alias.schema.fields().iter().enumerate();
    let names = names.map(|(number, field)| col(format!("column{}", number + 1)).alias(field.name()));
    let list = LogicalPlanBuilder::values(rows)?.project(names)?.alias(alias.alias.clone())?.build()?;
    Ok(Some(list))
}
