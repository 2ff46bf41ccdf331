//! Where a tower is computed, chosen when the program runs.

use burn::tensor::wgpu::WgpuOptions;
use burn::tensor::{Device, DeviceKind, Tensor};
use std::panic::catch_unwind;

/// What a person asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum DeviceChoice {
    /// A real GPU when there is one, else the CPU.
    #[default]
    Auto,
    /// A GPU, a software one too; the CPU with a note when none starts.
    Gpu,
    /// The CPU.
    Cpu,
}

/// A device that has been seen to compute.
#[derive(Debug, Clone)]
pub struct ComputeDevice {
    pub(crate) device: Device,
    name: String,
    note: Option<String>,
}

/// Kinds of adapter, best first; the last is a GPU computed by the processor.
const KINDS: [DeviceKind; 4] = [
    DeviceKind::DiscreteGpu(0),
    DeviceKind::IntegratedGpu(0),
    DeviceKind::VirtualGpu(0),
    DeviceKind::Cpu,
];
const REAL_GPUS: usize = 3;

impl ComputeDevice {
    /// The CPU: burn's `flex`, with the widest SIMD that the processor has.
    #[must_use]
    pub fn cpu() -> Self {
        Self {
            device: Device::flex(),
            name: "CPU".into(),
            note: None,
        }
    }

    /// Takes the best device that `choice` allows and that passes a small product.
    #[must_use]
    pub fn choose(choice: DeviceChoice) -> Self {
        let mut note = None;
        let kinds = match choice {
            DeviceChoice::Cpu => &KINDS[..0],
            DeviceChoice::Auto => &KINDS[..REAL_GPUS],
            DeviceChoice::Gpu => &KINDS[..],
        };
        for kind in kinds {
            match start(kind.clone()) {
                Ok(device) => return device,
                Err(Failure::Absent) => {}
                Err(Failure::Broken(what)) => {
                    note = Some(format!("the GPU does not work ({what}); using the CPU"));
                }
            }
        }
        if choice == DeviceChoice::Gpu && note.is_none() {
            note = Some("no GPU found; using the CPU".into());
        }
        Self {
            note,
            ..Self::cpu()
        }
    }

    /// The device's name, as its driver gives it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Why this is not the device that was asked for, if it is not.
    #[must_use]
    pub fn note(&self) -> Option<&str> {
        self.note.as_deref()
    }
}

enum Failure {
    Absent,
    Broken(String),
}

/// Starts one kind of adapter. A driver may fail anywhere on the way, by an error or by a
/// panic inside burn; each becomes a value here.
fn start(kind: DeviceKind) -> Result<ComputeDevice, Failure> {
    let started = catch_unwind(|| WgpuOptions::default().device_kind(kind).init_with_setup());
    let (device, setup) = match started {
        Ok(Ok(started)) => started,
        // "No such adapter" and "adapter without device" are one error type in burn.
        Ok(Err(_)) => return Err(Failure::Absent),
        Err(_) => return Err(Failure::Broken("its driver stopped".into())),
    };
    let name = setup.adapter.get_info().name;
    match catch_unwind(|| computes(&device)) {
        Ok(true) => Ok(ComputeDevice {
            device,
            name,
            note: None,
        }),
        _ => Err(Failure::Broken(format!("{name} computes wrongly"))),
    }
}

/// A product whose result is known: 64 x 64 ones.
fn computes(device: &Device) -> bool {
    let ones = Tensor::<2>::ones([64, 64], device);
    ones.clone()
        .matmul(ones)
        .into_data()
        .try_to_vec::<f32>()
        .is_ok_and(|values| values.iter().all(|value| (value - 64.0).abs() < 1e-3))
}
