//! The keys of a modified ResNet.

use super::{Layout, Table};

impl Table {
    /// The modified ResNet, which only OpenCLIP and OpenAI publish, with the same keys.
    pub(super) fn resnet(&mut self, width: usize, layers: [usize; 4], image_size: usize) {
        let half = width / 2;
        self.convolution("stem.0", ["conv1", "bn1"], [half, 3, 3]);
        self.convolution("stem.1", ["conv2", "bn2"], [half, half, 3]);
        self.convolution("stem.2", ["conv3", "bn3"], [width, half, 3]);
        let mut inputs = width;
        for (stage, blocks) in layers.into_iter().enumerate() {
            let planes = width << stage;
            for block in 0..blocks {
                let parameter = format!("stages.{stage}.{block}");
                let key = format!("layer{}.{block}", stage + 1);
                let part = |name: &str| format!("{key}.{name}");
                for (index, shape) in [
                    [planes, inputs, 1],
                    [planes, planes, 3],
                    [4 * planes, planes, 1],
                ]
                .into_iter()
                .enumerate()
                {
                    let keys = [
                        part(&format!("conv{}", index + 1)),
                        part(&format!("bn{}", index + 1)),
                    ];
                    let name = format!("{parameter}.convolutions.{index}");
                    self.convolution(&name, [&keys[0], &keys[1]], shape);
                }
                if block == 0 {
                    let keys = [part("downsample.0"), part("downsample.1")];
                    let name = format!("{parameter}.shortcut");
                    self.convolution(&name, [&keys[0], &keys[1]], [4 * planes, inputs, 1]);
                }
                inputs = 4 * planes;
            }
        }
        let positions = (image_size / 32).pow(2) + 1;
        self.one(
            "image.pool.positions",
            "visual.attnpool.positional_embedding",
            &[positions, inputs],
            Layout::Stored,
        );
        for (name, key, outputs) in [
            ("query", "q_proj", inputs),
            ("key", "k_proj", inputs),
            ("value", "v_proj", inputs),
            ("out", "c_proj", self.embedding),
        ] {
            let parameter = format!("image.pool.{name}");
            let key = format!("visual.attnpool.{key}");
            self.one(
                &format!("{parameter}.weight"),
                &format!("{key}.weight"),
                &[outputs, inputs],
                Layout::Transposed,
            );
            self.one(
                &format!("{parameter}.bias"),
                &format!("{key}.bias"),
                &[outputs],
                Layout::Stored,
            );
        }
    }

    /// A convolution without bias and the batch norm after it.
    fn convolution(
        &mut self,
        parameter: &str,
        [convolution, norm]: [&str; 2],
        [outputs, inputs, side]: [usize; 3],
    ) {
        self.one(
            &format!("image.{parameter}.weight"),
            &format!("visual.{convolution}.weight"),
            &[outputs, inputs, side, side],
            Layout::Stored,
        );
        for (name, key) in [
            ("norm.weight", "weight"),
            ("norm.bias", "bias"),
            ("norm.mean", "running_mean"),
            ("norm.variance", "running_var"),
        ] {
            self.one(
                &format!("image.{parameter}.{name}"),
                &format!("visual.{norm}.{key}"),
                &[outputs],
                Layout::Stored,
            );
        }
    }
}
