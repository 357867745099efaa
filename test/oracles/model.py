"""XTasC-Net with its widths as parameters, and its parameters by the names that the values files use."""

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from common import hashed, hwio, oihw, tensor


class BasicBlock(nn.Module):
    expansion = 1

    def __init__(self, inputs, planes, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, planes, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(planes)
        self.conv2 = nn.Conv2d(planes, planes, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(planes)
        self.downsample = shortcut(inputs, planes, stride)

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)))
        return F.relu(self.bn2(self.conv2(y)) + self.downsample(x))


class Bottleneck(nn.Module):
    """The stride is on the 3x3 convolution (torchvision, "v1.5")."""

    expansion = 4

    def __init__(self, inputs, planes, stride):
        super().__init__()
        outputs = planes * self.expansion
        self.conv1 = nn.Conv2d(inputs, planes, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(planes)
        self.conv2 = nn.Conv2d(planes, planes, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(planes)
        self.conv3 = nn.Conv2d(planes, outputs, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(outputs)
        self.downsample = shortcut(inputs, outputs, stride)

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)))
        y = F.relu(self.bn2(self.conv2(y)))
        return F.relu(self.bn3(self.conv3(y)) + self.downsample(x))


def shortcut(inputs, outputs, stride):
    if inputs == outputs and stride == 1:
        return nn.Identity()
    return nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))


RESNETS = {
    18: (BasicBlock, (2, 2, 2, 2)),
    34: (BasicBlock, (3, 4, 6, 3)),
    50: (Bottleneck, (3, 4, 6, 3)),
    101: (Bottleneck, (3, 4, 23, 3)),
    152: (Bottleneck, (3, 8, 36, 3)),
}


class Encoder(nn.Module):
    """ResNet; image -> five feature maps at strides 2, 4, 8, 16, 32."""

    def __init__(self, depth, width):
        super().__init__()
        block, counts = RESNETS[depth]
        self.conv1 = nn.Conv2d(3, width, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.channels = [width]
        for stage, count in enumerate(counts):
            planes = width * 2**stage
            blocks = []
            for index in range(count):
                inputs = self.channels[-1] if index == 0 else planes * block.expansion
                blocks.append(block(inputs, planes, 2 if stage > 0 and index == 0 else 1))
            setattr(self, f"layer{stage + 1}", nn.Sequential(*blocks))
            self.channels.append(planes * block.expansion)

    def forward(self, image):
        features = [F.relu(self.bn1(self.conv1(image)))]
        x = F.max_pool2d(features[0], 3, 2, 1)
        for layer in (self.layer1, self.layer2, self.layer3, self.layer4):
            x = layer(x)
            features.append(x)
        return features


def upsample(x):
    return F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=True)


class DecoderBlock(nn.Module):
    def __init__(self, inputs, width):
        super().__init__()
        for index, channels in enumerate((inputs, width, width), 1):
            setattr(self, f"conv{index}", nn.Conv2d(channels, width, 3, 1, 1))
            setattr(self, f"bn{index}", nn.BatchNorm2d(width))

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        x = F.relu(self.bn2(self.conv2(x)))
        x = F.relu(self.bn3(self.conv3(x)))
        return upsample(x)


class Decoder(nn.Module):
    """Feature maps -> one task's prediction at the image's size."""

    def __init__(self, features, width, outputs):
        super().__init__()
        for index, channels in enumerate(reversed(features), 1):
            setattr(self, f"block{index}", DecoderBlock(channels + (width if index > 1 else 0), width))
        self.head = nn.Conv2d(width, outputs, 1, bias=False)

    def forward(self, features):
        stem, *rest, x = features
        x = self.block1(x)
        blocks = (self.block2, self.block3, self.block4, self.block5)
        for block, feature in zip(blocks, (*reversed(rest), stem)):
            x = block(torch.cat([x, feature], 1))
        return self.head(x)


class TransferBlock(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, 1, 1)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1)

    def forward(self, x):
        return F.relu(self.conv2(F.relu(self.conv1(x))))


class TransferNet(nn.Module):
    """TTNet: one task's prediction -> another's. Skips come from the pooled maps."""

    def __init__(self, inputs, outputs, width):
        super().__init__()
        self.down1 = TransferBlock(inputs, width)
        self.down2 = TransferBlock(width, 2 * width)
        self.down3 = TransferBlock(2 * width, 4 * width)
        self.up1 = TransferBlock(4 * width, 2 * width)
        self.up2 = TransferBlock(4 * width, width)
        self.up3 = TransferBlock(2 * width, width)
        self.head = nn.Conv2d(width, outputs, 1, bias=False)

    def forward(self, x):
        down1 = F.max_pool2d(self.down1(x), 2)
        down2 = F.max_pool2d(self.down2(down1), 2)
        down3 = F.max_pool2d(self.down3(down2), 2)
        up1 = self.up1(upsample(down3))
        up2 = self.up2(upsample(torch.cat([up1, down2], 1)))
        up3 = self.up3(upsample(torch.cat([up2, down1], 1)))
        return self.head(up3)


EDGES = (("segmentation", "depth"), ("depth", "segmentation"))


class Network(nn.Module):
    """
    shared encoder and both edges: XTasC-Net, Align-Net; without edges: Base MT-Net; an encoder per task: Base ST-Net.
    """

    def __init__(
        self, depth=18, classes=5, width=4, decoder=4, transfer=4, single=False, edges=EDGES, resolution=1
    ):
        super().__init__()
        channels = {"segmentation": classes, "depth": 1}
        self.single = single
        self.resolution = resolution  # The transfer nets', of the image's.
        if single:
            self.encoder = nn.ModuleDict({task: Encoder(depth, width) for task in channels})
            features = self.encoder["depth"].channels
        else:
            self.encoder = Encoder(depth, width)
            features = self.encoder.channels
        self.decoder = nn.ModuleDict({task: Decoder(features, decoder, n) for task, n in channels.items()})
        self.transfer = nn.ModuleDict(
            {f"{start}-{end}": TransferNet(channels[start], channels[end], transfer) for start, end in edges}
        )

    def predict(self, image):
        """-> direct predictions by task"""
        if self.single:
            return {task: net(self.encoder[task](image)) for task, net in self.decoder.items()}
        features = self.encoder(image)
        return {task: net(features) for task, net in self.decoder.items()}

    def forward(self, image):
        """-> direct predictions by task, transferred predictions by edge"""
        direct = self.predict(image)
        return direct, {edge: self.along(edge, direct[edge.split("-")[0]]) for edge in self.transfer}

    def along(self, edge, prediction):
        """A prediction of the task where the edge starts -> one of the task where it ends"""
        fed = prediction.log_softmax(1) if edge.startswith("segmentation") else prediction
        if self.resolution == 1:
            return self.transfer[edge](fed)
        small = self.transfer[edge](F.avg_pool2d(fed, round(1 / self.resolution)))
        return F.interpolate(small, size=prediction.shape[2:], mode="bilinear", align_corners=True)

    def cycle(self, transferred):
        """Transferred predictions by edge -> by the same edge, what comes back where it starts"""
        ends = {edge: edge.split("-") for edge in transferred}
        return {edge: self.along(f"{end}-{start}", transferred[edge]) for edge, (start, end) in ends.items()}


PARAMETER_KINDS = {
    (nn.Conv2d, "weight"): "kernel",
    (nn.Conv2d, "bias"): "bias",
    (nn.BatchNorm2d, "weight"): "gamma",
    (nn.BatchNorm2d, "bias"): "beta",
    (nn.BatchNorm2d, "running_mean"): "movingMean",
    (nn.BatchNorm2d, "running_var"): "movingVariance",
}


def named(network, buffers=False):
    """{name in the files: parameter}, or with `buffers` the moving statistics."""
    found = {}
    for path, module in network.named_modules():
        own = module.named_buffers(recurse=False) if buffers else module.named_parameters(recurse=False)
        for attribute, value in own:
            kind = PARAMETER_KINDS.get((type(module), attribute))
            if kind:
                found[f"{path}.{kind}"] = value
    return found


def layout(value):
    """A parameter or its gradient in the files' layout: kernels as [height, width, in, out]."""
    return hwio(value) if value.dim() == 4 else value


def initial(name, shape):
    """A parameter's value, by its name and its shape in the files' layout."""
    kind = name.rsplit(".", 1)[1]
    if kind == "kernel":
        return hashed(name, shape, np.sqrt(6 / np.prod(shape[:3])))
    if kind == "gamma":
        return np.float32(1) + hashed(name, shape, 0.2)
    return hashed(name, shape, 0.1)


def initialize(network):
    """Gives every parameter its value by name; moving statistics stay at 0 and 1."""
    with torch.no_grad():
        for name, parameter in named(network).items():
            value = initial(name, tuple(layout(parameter).shape))
            parameter.copy_(oihw(value) if value.ndim == 4 else tensor(value))
    return network
