"""The full-width networks have exactly the sizes that the paper's networks have."""

from model import Network

COUNTS = {  # (depth, classes): XTasC-Net, Base MT-Net, encoder, decoders (segmentation, depth), transfer nets
    (18, 7): (21445184, 17677120, 11176512, (3250688, 3249920), (1885568, 1882496)),
    (34, 7): (31553344, 27785280, 21284672, (3250688, 3249920), (1885568, 1882496)),
    (34, 13): (31557952, 27786048, 21284672, (3251456, 3249920), (1889024, 1882880)),
    (50, 7): (40412224, 36644160, 23508032, (6568448, 6567680), (1885568, 1882496)),
    (101, 7): (59404352, 55636288, 42500160, (6568448, 6567680), (1885568, 1882496)),
    (152, 7): (75048000, 71279936, 58143808, (6568448, 6567680), (1885568, 1882496)),
}
SINGLE_COUNTS = {  # (depth, classes): Base ST-Net for segmentation, for depth
    (18, 7): (14427200, 14426432),
    (34, 7): (24535360, 24534592),
    (50, 7): (30076480, 30075712),
}


def count(module):
    return sum(parameter.numel() for parameter in module.parameters())


def counts(modules):
    return tuple(map(count, modules.values()))


def check():
    full = {"width": 64, "decoder": 128, "transfer": 64}
    for (depth, classes), expected in COUNTS.items():
        network = Network(depth, classes, **full)
        parts = (count(network.encoder), counts(network.decoder), counts(network.transfer))
        found = (count(network), count(network) - count(network.transfer), *parts)
        assert found == expected, f"ResNet{depth}, {classes} classes: {found} instead of {expected}"
    for (depth, classes), expected in SINGLE_COUNTS.items():
        network = Network(depth, classes, **full, single=True, edges=())
        found = tuple(a + b for a, b in zip(counts(network.encoder), counts(network.decoder)))
        assert found == expected, f"ResNet{depth}, {classes} classes, single: {found} instead of {expected}"
