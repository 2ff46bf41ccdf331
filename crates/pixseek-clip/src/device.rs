//! The device that computes towers, chosen when the program runs.

use crate::{ClipError, Precision};
use burn::tensor::wgpu::wgpu::{
    Adapter, Backend, Backends, DeviceType, Instance, InstanceDescriptor,
};
use burn::tensor::wgpu::{WgpuBackend, WgpuOptions};
use burn::tensor::{Device, DeviceKind, Tensor};
use pixseek_kernels::{Kernels, Level, Products};
use std::panic::catch_unwind;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

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
    /// The kernels that compute towers in place of Burn, on a processor that has them.
    pub(crate) kernels: Option<Kernels>,
}

impl ComputeDevice {
    /// The CPU: the fastest kernels that the processor runs, or burn's `flex` where it runs none.
    #[must_use]
    pub fn cpu() -> Self {
        Self {
            device: Device::flex(),
            name: "CPU".into(),
            note: None,
            kernels: Kernels::detect(),
        }
    }

    /// The CPU with the kernels of one level, if it has the instructions: what other processors
    /// compute.
    #[must_use]
    pub fn cpu_at(level: Level) -> Option<Self> {
        let kernels = Some(Kernels::at(level)?);
        Some(Self {
            kernels,
            ..Self::cpu()
        })
    }

    /// The CPU with burn's `flex` alone: what processors without kernels compute.
    #[must_use]
    pub fn flex() -> Self {
        Self {
            kernels: None,
            ..Self::cpu()
        }
    }

    /// Takes the best device that `choice` allows and that passes a small product.
    #[must_use]
    pub fn choose(choice: DeviceChoice) -> Self {
        let mut note = None;
        for (kind, api) in adapters(choice) {
            match start(kind, api) {
                Ok(device) => return device,
                Err(what) => note = Some(format!("the GPU does not work ({what}); using the CPU")),
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

    /// The same device with large products in another precision, if it multiplies that. Only Vision
    /// Transformers make use of it, and text towers of int8.
    #[must_use]
    pub fn in_precision(&self, precision: Precision) -> Option<Self> {
        let products = match precision {
            Precision::F32 => Products::F32,
            Precision::Bf16 => Products::Bf16,
            Precision::Int8 => Products::Int8,
        };
        let kernels = match self.kernels {
            Some(kernels) => Some(kernels.with(products)?),
            None if precision == Precision::F32 => None,
            None => return None,
        };
        Some(Self {
            kernels,
            ..self.clone()
        })
    }

    /// The precision of its products.
    pub(crate) fn precision(&self) -> Precision {
        match self.kernels.map(Kernels::products) {
            Some(Products::Bf16) => Precision::Bf16,
            Some(Products::Int8) => Precision::Int8,
            Some(Products::F32) | None => Precision::F32,
        }
    }

    /// Whether it is the processor.
    #[must_use]
    pub fn is_cpu(&self) -> bool {
        self.device == Device::flex()
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

/// The adapters that `choice` allows, best first: the first of each kind, on the graphics
/// interface where it was found.
///
/// burn's own search also opens OpenGL, whose loader complains on a terminal without a
/// desktop; compute needs Vulkan, Metal or DirectX 12.
fn adapters(choice: DeviceChoice) -> Vec<(DeviceKind, WgpuBackend)> {
    let backends = Backends::VULKAN | Backends::METAL | Backends::DX12;
    let find = || {
        let instance = Instance::new(InstanceDescriptor {
            backends,
            ..InstanceDescriptor::new_without_display_handle()
        });
        // Natively the future is ready at once; should it ever not be, there is no GPU.
        let mut context = Context::from_waker(Waker::noop());
        match pin!(instance.enumerate_adapters(backends)).poll(&mut context) {
            Poll::Ready(adapters) => adapters,
            Poll::Pending => Vec::new(),
        }
    };
    if choice == DeviceChoice::Cpu {
        return Vec::new();
    }
    // A driver that panics when it lists its adapters is treated as absent.
    let found = catch_unwind(find).unwrap_or_default();
    let first_of = |wanted: DeviceType| {
        found
            .iter()
            .map(Adapter::get_info)
            .filter(|info| info.device_type == wanted)
            .find_map(|info| match info.backend {
                Backend::Vulkan => Some(WgpuBackend::Vulkan),
                Backend::Metal => Some(WgpuBackend::Metal),
                Backend::Dx12 => Some(WgpuBackend::Dx12),
                _ => None,
            })
    };
    [
        (DeviceType::DiscreteGpu, DeviceKind::DiscreteGpu(0)),
        (DeviceType::IntegratedGpu, DeviceKind::IntegratedGpu(0)),
        (DeviceType::VirtualGpu, DeviceKind::VirtualGpu(0)),
        (DeviceType::Cpu, DeviceKind::Cpu),
    ]
    .into_iter()
    // A GPU that is emulated on the processor is slower than the kernels: it is used only on
    // request.
    .filter(|(wanted, _)| *wanted != DeviceType::Cpu || choice == DeviceChoice::Gpu)
    .filter_map(|(wanted, kind)| first_of(wanted).map(|api| (kind, api)))
    .collect()
}

/// Starts an adapter. A driver may fail at any point, by an error or by a panic inside burn; both
/// are returned as a message.
fn start(kind: DeviceKind, api: WgpuBackend) -> Result<ComputeDevice, String> {
    let options = WgpuOptions::default().device_kind(kind).graphics_api(api);
    let (device, setup) = catch_unwind(|| options.init_with_setup())
        .map_err(|_| "its driver stopped".to_owned())?
        .map_err(|error| error.to_string())?;
    let name = setup.adapter.get_info().name;
    match catch_unwind(|| computes(&device)) {
        Ok(true) => Ok(ComputeDevice {
            device,
            name,
            note: None,
            kernels: None,
        }),
        _ => Err(format!("{name} computes wrongly")),
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

/// Reads a tensor's values back from its device, row-major.
///
/// # Errors
///
/// When the device fails.
pub(crate) fn values_of<const D: usize>(tensor: Tensor<D>) -> Result<Vec<f32>, ClipError> {
    tensor
        .try_into_data()
        .map_err(|error| ClipError::Device(error.into()))?
        .try_to_vec()
        .map_err(|error| ClipError::Device(error.into()))
}
