use super::Sequences;
use crate::{BlockConfig, Model, RobertaConfig, TextArchitecture, TextConfig, TextPooling};

fn check(config: &TextConfig, rows: &[&[u32]], expected: &[(&[usize], &[u32], &[usize])]) {
    let rows: Vec<Vec<u32>> = rows.iter().map(|row| row.to_vec()).collect();
    let expected: Vec<Sequences> = expected
        .iter()
        .map(|(places, ids, ends)| Sequences {
            places: places.to_vec(),
            ids: ids.to_vec(),
            ends: ends.to_vec(),
        })
        .collect();
    assert_eq!(config.sequences(&rows), expected);
}

#[test]
fn rows_are_cut_where_nothing_is_lost() {
    let embedded = Model::embedded().unwrap().config().text.clone();
    assert!(embedded.blocks.is_causal);
    let causal = TextConfig {
        pooling: TextPooling::HighestId,
        ..embedded
    };
    let rows: [&[u32]; 2] = [&[1, 9, 0, 0], &[1, 5, 9, 0]];
    check(&causal, &rows, &[(&[0, 1], &[1, 9, 0, 1, 5, 9], &[1, 2])]);
    let all = TextConfig {
        pooling: TextPooling::Last,
        blocks: BlockConfig {
            is_causal: false,
            ..causal.blocks
        },
        ..causal.clone()
    };
    check(
        &all,
        &rows,
        &[(&[0, 1], &[1, 9, 0, 0, 1, 5, 9, 0], &[3, 3])],
    );
    let roberta = TextConfig {
        architecture: TextArchitecture::Roberta(RobertaConfig::default()),
        pooling: TextPooling::Mean,
        ..all
    };
    check(
        &roberta,
        &[&[1, 5, 9, 0], &[1, 9, 0, 0], &[0, 0, 0, 0], &[1, 8, 0, 0]],
        &[
            (&[2], &[0], &[0]),
            (&[1, 3], &[1, 9, 1, 8], &[1, 1]),
            (&[0], &[1, 5, 9], &[2]),
        ],
    );
}
