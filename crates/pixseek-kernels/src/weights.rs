//! Where a tower's parameters come from.

/// The parameters of a model, by name: `image.blocks.0.norm_1.weight`.
///
/// `pixseek-clip` lists the names in its key table. A tower reads its blocks on several threads.
pub trait Weights: Sync {
    /// Why a parameter cannot be read.
    type Error: Send;

    /// Hands out a parameter's values, row-major. A tower asks for each parameter once and drops
    /// the values as soon as they are packed.
    ///
    /// # Errors
    ///
    /// When the values cannot be read.
    fn take(&self, name: &str) -> Result<Vec<f32>, Self::Error>;

    /// How the values of the matrix `name` are ordered.
    fn order(&self, name: &str) -> Order;
}

/// The order of a linear layer's weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// `[inputs, outputs]`, as the product `x · W` reads them.
    InputsFirst,
    /// `[outputs, inputs]`, as PyTorch's `nn.Linear` stores them.
    OutputsFirst,
}

/// The weights of a linear layer, not packed yet.
pub(crate) struct Matrix {
    values: Vec<f32>,
    order: Order,
    inputs: usize,
    outputs: usize,
}

/// Reads the vector `name`.
///
/// # Panics
///
/// When it does not have `length` values.
pub(crate) fn vector<W: Weights>(
    weights: &W,
    name: &str,
    length: usize,
) -> Result<Vec<f32>, W::Error> {
    let values = weights.take(name)?;
    assert_eq!(values.len(), length, "the number of values of {name}");
    Ok(values)
}

impl Matrix {
    /// Reads the matrix `name`.
    ///
    /// # Panics
    ///
    /// When it does not have `inputs * outputs` values.
    pub(crate) fn take<W: Weights>(
        weights: &W,
        name: &str,
        [inputs, outputs]: [usize; 2],
    ) -> Result<Self, W::Error> {
        Ok(Self {
            values: vector(weights, name, inputs * outputs)?,
            order: weights.order(name),
            inputs,
            outputs,
        })
    }

    /// Inputs and outputs.
    pub(crate) fn shape(&self) -> [usize; 2] {
        [self.inputs, self.outputs]
    }

    pub(crate) fn order(&self) -> Order {
        self.order
    }

    pub(crate) fn values(&self) -> &[f32] {
        &self.values
    }

    /// The weight from an input to an output.
    pub(crate) fn at(&self, input: usize, output: usize) -> f32 {
        match self.order {
            Order::InputsFirst => self.values[input * self.outputs + output],
            Order::OutputsFirst => self.values[output * self.inputs + input],
        }
    }

    /// Multiplies the weights of each output by the output's own factor.
    pub(crate) fn scale_outputs(&mut self, factors: &[f32]) {
        for (place, value) in self.values.iter_mut().enumerate() {
            *value *= factors[match self.order {
                Order::InputsFirst => place % self.outputs,
                Order::OutputsFirst => place / self.inputs,
            }];
        }
    }
}
