"""Pipelines of the shaders in `shaders/`, and what they are given."""

from __future__ import annotations

from contextlib import ExitStack

import numpy as np

import shaders
from vk_interop.calls import ffi, vk
from vk_interop.device import Device

MAIN = ffi.new("char[]", b"main")
STAGES = {"vert": vk.VK_SHADER_STAGE_VERTEX_BIT, "frag": vk.VK_SHADER_STAGE_FRAGMENT_BIT}  # by the ends of names


class ShaderModule:
    """A compiled shader of `shaders/` for as long as pipelines are made from it: a context manager."""

    def __init__(self, device: Device, name: str):
        self._device, code = device, shaders.load(name)
        info = vk.VkShaderModuleCreateInfo(codeSize=len(code), pCode=code)
        self.handle = vk.vkCreateShaderModule(device.handles.logical, info, None)

    def __enter__(self):
        return self.handle

    def __exit__(self, *_):
        vk.vkDestroyShaderModule(self._device.handles.logical, self.handle, None)


class Layout:
    """What a pipeline is given: descriptors of set 0, {binding: (type, stages)}, and bytes of push constants."""

    def __init__(self, device: Device, bindings: dict[int, tuple[int, int]], push_bytes: int = 0,
                 push_stages: int = vk.VK_SHADER_STAGE_COMPUTE_BIT):
        self.device, self.types = device, {binding: type for binding, (type, _) in bindings.items()}
        logical = device.handles.logical
        entries = [vk.VkDescriptorSetLayoutBinding(binding=b, descriptorType=t, descriptorCount=1, stageFlags=s)
                   for b, (t, s) in bindings.items()]
        info = vk.VkDescriptorSetLayoutCreateInfo(pBindings=entries)
        self.descriptors = vk.vkCreateDescriptorSetLayout(logical, info, None)
        ranges = [vk.VkPushConstantRange(stageFlags=push_stages, offset=0, size=push_bytes)] if push_bytes else []
        info = vk.VkPipelineLayoutCreateInfo(pSetLayouts=[self.descriptors], pPushConstantRanges=ranges)
        self.handle = vk.vkCreatePipelineLayout(logical, info, None)

    def close(self):
        vk.vkDestroyPipelineLayout(self.device.handles.logical, self.handle, None)
        vk.vkDestroyDescriptorSetLayout(self.device.handles.logical, self.descriptors, None)


class Descriptors:
    """One descriptor set of a layout, filled once: {binding: Buffer or (VkImageView, VkImageLayout[, VkSampler])}."""

    def __init__(self, layout: Layout, values: dict):
        self._logical = logical = layout.device.handles.logical
        sizes = [vk.VkDescriptorPoolSize(type=t, descriptorCount=1) for t in layout.types.values()]
        pool = vk.VkDescriptorPoolCreateInfo(maxSets=1, pPoolSizes=sizes)
        self._pool = vk.vkCreateDescriptorPool(logical, pool, None)
        info = vk.VkDescriptorSetAllocateInfo(descriptorPool=self._pool, pSetLayouts=[layout.descriptors])
        self.handle = vk.vkAllocateDescriptorSets(logical, info)[0]
        for binding, value in values.items():
            self._write(binding, layout.types[binding], value)

    def _write(self, binding, type, value):
        target = dict(dstSet=self.handle, dstBinding=binding, descriptorCount=1, descriptorType=type)
        if isinstance(value, tuple):
            view, layout, sampler = (*value, None)[:3]
            infos = [vk.VkDescriptorImageInfo(sampler=sampler, imageView=view, imageLayout=layout)]
            write = vk.VkWriteDescriptorSet(pImageInfo=infos, **target)
        else:
            infos = [vk.VkDescriptorBufferInfo(buffer=value.handle, offset=0, range=value.nbytes)]
            write = vk.VkWriteDescriptorSet(pBufferInfo=infos, **target)
        vk.vkUpdateDescriptorSets(self._logical, 1, [write], 0, None)

    def close(self):
        vk.vkDestroyDescriptorPool(self._logical, self._pool, None)


def compute_pipeline(device: Device, name: str, layout: Layout, constants: tuple[int, ...] = ()):
    """The VkPipeline of a compute shader of `shaders/`, with its specialisation constants from 0 on."""
    with ShaderModule(device, name) as module:
        words = np.array(constants, np.uint32)
        entries = [vk.VkSpecializationMapEntry(constantID=i, offset=4 * i, size=4) for i in range(len(constants))]
        data = ffi.from_buffer(words)
        special = vk.VkSpecializationInfo(pMapEntries=entries, dataSize=words.nbytes, pData=data)
        stage = vk.VkPipelineShaderStageCreateInfo(stage=vk.VK_SHADER_STAGE_COMPUTE_BIT, module=module, pName=MAIN,
                                                   pSpecializationInfo=special)
        info = vk.VkComputePipelineCreateInfo(stage=stage, layout=layout.handle)
        return vk.vkCreateComputePipelines(device.handles.logical, None, 1, [info], None)[0]


def graphics_pipeline(device: Device, layout: Layout, names: list[str], stride: int, attributes: list[tuple[int, int]],
                      colour_format: int | None = None, blends: bool = False, nearest: bool = False):
    """The VkPipeline of a vertex shader of `shaders/` and, if there is one, a fragment shader: triangles, neither side
    culled, on what dynamic rendering begins with.

    attributes     (VkFormat, offset) by location, of vertices that are `stride` bytes apart
    colour_format  of the image that colours go to; None: there is none
    blends         colours go over what is there, by their alpha, which is not multiplied in
    nearest        there is a D32 depth too: the largest stays
    """
    with ExitStack() as modules:
        stages = [vk.VkPipelineShaderStageCreateInfo(
            stage=STAGES[name.split(".")[-1]], pName=MAIN, module=modules.enter_context(ShaderModule(device, name)))
            for name in names]
        binding = vk.VkVertexInputBindingDescription(binding=0, stride=stride)
        entries = [vk.VkVertexInputAttributeDescription(location=i, binding=0, format=format, offset=offset)
                   for i, (format, offset) in enumerate(attributes)]
        vertices = vk.VkPipelineVertexInputStateCreateInfo(pVertexBindingDescriptions=[binding],
                                                           pVertexAttributeDescriptions=entries)
        assembly = vk.VkPipelineInputAssemblyStateCreateInfo(topology=vk.VK_PRIMITIVE_TOPOLOGY_TRIANGLE_LIST)
        viewport = vk.VkPipelineViewportStateCreateInfo(viewportCount=1, scissorCount=1)
        raster = vk.VkPipelineRasterizationStateCreateInfo(
            polygonMode=vk.VK_POLYGON_MODE_FILL, cullMode=vk.VK_CULL_MODE_NONE, lineWidth=1)
        samples = vk.VkPipelineMultisampleStateCreateInfo(rasterizationSamples=vk.VK_SAMPLE_COUNT_1_BIT)
        depth = vk.VkPipelineDepthStencilStateCreateInfo(depthTestEnable=nearest, depthWriteEnable=nearest,
                                                         depthCompareOp=vk.VK_COMPARE_OP_GREATER)
        colours = [] if colour_format is None else [colour_format]
        over = vk.VkPipelineColorBlendAttachmentState(
            blendEnable=blends, colorBlendOp=vk.VK_BLEND_OP_ADD, alphaBlendOp=vk.VK_BLEND_OP_ADD,
            srcColorBlendFactor=vk.VK_BLEND_FACTOR_SRC_ALPHA,
            dstColorBlendFactor=vk.VK_BLEND_FACTOR_ONE_MINUS_SRC_ALPHA, srcAlphaBlendFactor=vk.VK_BLEND_FACTOR_ONE,
            dstAlphaBlendFactor=vk.VK_BLEND_FACTOR_ONE_MINUS_SRC_ALPHA, colorWriteMask=0xF)
        blend = vk.VkPipelineColorBlendStateCreateInfo(pAttachments=[over] * len(colours))
        dynamic = vk.VkPipelineDynamicStateCreateInfo(
            pDynamicStates=[vk.VK_DYNAMIC_STATE_VIEWPORT, vk.VK_DYNAMIC_STATE_SCISSOR])
        rendering = vk.VkPipelineRenderingCreateInfo(
            pColorAttachmentFormats=colours,
            depthAttachmentFormat=vk.VK_FORMAT_D32_SFLOAT if nearest else vk.VK_FORMAT_UNDEFINED)
        info = vk.VkGraphicsPipelineCreateInfo(
            pNext=rendering, pStages=stages, pVertexInputState=vertices, pInputAssemblyState=assembly,
            pViewportState=viewport, pRasterizationState=raster, pMultisampleState=samples, pDepthStencilState=depth,
            pColorBlendState=blend, pDynamicState=dynamic, layout=layout.handle)
        return vk.vkCreateGraphicsPipelines(device.handles.logical, None, 1, [info], None)[0]
