"""Tiny diffusers pipelines with random weights: nothing is downloaded, nothing drawn well."""

# pyright: reportMissingImports=false
# What is imported here is not in the lock.

from __future__ import annotations

from typing import Any

__all__ = ["ddpm", "embeddings", "flux", "sdxl"]


def ddpm(side: int = 160) -> Any:
    """Return a pipeline without a text, of pictures side x side."""
    import torch
    from diffusers import DDPMPipeline, DDPMScheduler, UNet2DModel

    torch.manual_seed(0)
    unet = UNet2DModel(
        sample_size=side,
        in_channels=3,
        out_channels=3,
        block_out_channels=(8, 8),
        norm_num_groups=4,
        layers_per_block=1,
        down_block_types=("DownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "UpBlock2D"),
    )
    pipe = DDPMPipeline(unet, DDPMScheduler(num_train_timesteps=50, clip_sample_range=0.4))
    pipe.set_progress_bar_config(disable=True)
    return pipe


def vae(latent_channels: int) -> Any:
    """Return an auto-encoder that halves the sides once: random weights still pass detail on."""
    import torch
    from diffusers import AutoencoderKL

    torch.manual_seed(0)
    made = AutoencoderKL(
        in_channels=3,
        out_channels=3,
        latent_channels=latent_channels,
        block_out_channels=(8, 8),
        norm_num_groups=4,
        down_block_types=("DownEncoderBlock2D", "DownEncoderBlock2D"),
        up_block_types=("UpDecoderBlock2D", "UpDecoderBlock2D"),
        shift_factor=0.0,
    )
    with torch.no_grad():  # the contrast of a picture
        seen = made.decode(torch.randn(1, latent_channels, 32, 32)).sample
        made.decoder.conv_out.weight *= 0.3 / seen.std()
        made.decoder.conv_out.bias.zero_()
    return made


def sdxl(kind: str = "StableDiffusionXLPipeline") -> Any:
    """Return one of the SDXL family, which calls ``pipe.watermark``; it is given embeddings."""
    import diffusers
    import torch
    from diffusers import EulerDiscreteScheduler, UNet2DConditionModel

    torch.manual_seed(0)
    unet = UNet2DConditionModel(
        sample_size=64,
        in_channels=4,
        out_channels=4,
        block_out_channels=(8, 8),
        norm_num_groups=4,
        layers_per_block=1,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        attention_head_dim=4,
        cross_attention_dim=16,
        addition_embed_type="text_time",
        addition_time_embed_dim=8,
        projection_class_embeddings_input_dim=8 * 6 + 16,
    )
    pipe = getattr(diffusers, kind)(
        vae=vae(4),
        text_encoder=None,
        text_encoder_2=None,
        tokenizer=None,
        tokenizer_2=None,
        unet=unet,
        scheduler=EulerDiscreteScheduler(),
        force_zeros_for_empty_prompt=False,
        add_watermarker=False,
    )
    pipe.set_progress_bar_config(disable=True)
    return pipe


def flux() -> Any:
    """Return a Flux pipeline; it is given embeddings."""
    import torch
    from diffusers import FlowMatchEulerDiscreteScheduler, FluxPipeline, FluxTransformer2DModel

    torch.manual_seed(0)
    transformer = FluxTransformer2DModel(
        patch_size=1,
        in_channels=16,
        num_layers=1,
        num_single_layers=1,
        attention_head_dim=16,
        num_attention_heads=2,
        joint_attention_dim=16,
        pooled_projection_dim=16,
        axes_dims_rope=(4, 4, 8),
    )
    pipe = FluxPipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(),
        vae=vae(4),
        text_encoder=None,
        tokenizer=None,
        text_encoder_2=None,
        tokenizer_2=None,
        transformer=transformer,
    )
    pipe.set_progress_bar_config(disable=True)
    return pipe


def embeddings(pictures: int = 1) -> dict[str, Any]:
    """Return what takes the place of a prompt."""
    import torch

    generator = torch.Generator().manual_seed(0)
    return {
        "prompt_embeds": torch.randn(pictures, 4, 16, generator=generator),
        "pooled_prompt_embeds": torch.randn(pictures, 16, generator=generator),
    }
