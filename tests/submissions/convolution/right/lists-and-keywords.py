import keras as K
import numpy as np
import matplotlib.pyplot as plt


def conv1d(signal, kernel):
    a, b = list(signal), list(kernel)
    if len(b) > len(a) or not a or not b:
        raise ValueError("sizes: %d, %d" % (len(a), len(b)))
    return tuple(sum(x * y for x, y in zip(a[t:], b)) for t in range(len(a) - len(b) + 1))


def max_pool1d(signal, size=2, stride=None):
    if stride == None:
        stride = size
    return [max(signal[i:i + size]) for i in range(0, len(signal), stride) if i + size <= len(signal)]


def windows(image, kh, kw, stride):
    H, W = len(image), len(image[0])
    return [[[(image[i + u][j + v], u, v) for u in range(kh) for v in range(kw)]
             for j in range(0, W - kw + 1, stride)] for i in range(0, H - kh + 1, stride)]


def conv2d(image, kernel, stride=1, padding=0):
    if stride < 1 or padding < 0:
        raise ValueError("arguments")
    image = np.pad(image.astype(float), padding, constant_values=0.0)
    kh, kw = kernel.shape
    if kh > len(image) or kw > len(image[0]):
        raise ValueError("kernel")
    return [[sum(p * kernel[u, v] for p, u, v in w) for w in row] for row in windows(image, kh, kw, stride)]


def conv2d_multichannel(image, kernels, bias=None, stride=1, padding=0):
    kh, kw, D, C = kernels.shape
    image = np.pad(image, ((padding, padding), (padding, padding), (0, 0)))
    bias = np.zeros(C) if bias is None else bias
    return [[[float(sum((p * kernels[u, v, :, c]).sum() for p, u, v in w) + bias[c]) for c in range(C)] for w in row]
            for row in windows(image, kh, kw, stride)]


def max_pool2d(image, size=2, stride=None):
    return [[np.max([p for p, _, _ in w], axis=0) for w in row] for row in windows(image, size, size, stride or size)]


def average_pool2d(image, size=2, stride=None):
    return [[np.mean([p for p, _, _ in w], axis=0) for w in row] for row in windows(image, size, size, stride or size)]


def get_data_mnist():
    (a, b), (c, d) = K.datasets.mnist.load_data()
    a = K.ops.convert_to_numpy(K.layers.Rescaling(1 / 255)(a.reshape(-1, 28, 28, 1)))
    c = np.array([[[[np.float32(v) / 255] for v in r] for r in i] for i in c[:2]] + list((c[2:, :, :, None] / 255).astype("f4")), "f4")
    return [[a, b.astype(int)], [c, d.astype(int)]]


def classifier(layers):
    model = K.Sequential([K.Input(shape=(28, 28, 1))] + layers + [K.layers.Dense(10), K.layers.Activation("softmax")])
    model.compile(loss=K.losses.SparseCategoricalCrossentropy(from_logits=False), optimizer=K.optimizers.Adam(learning_rate=0.002),
                  metrics=["accuracy", K.metrics.SparseTopKCategoricalAccuracy(k=3)])
    return model


def lenet():
    R = lambda: K.layers.Activation("relu")
    P = lambda: K.layers.MaxPooling2D(pool_size=(2, 2), strides=(2, 2))
    return classifier([K.layers.Conv2D(6, 5, padding="same"), R(), P(), K.layers.Conv2D(16, 5), R(), P(), K.layers.Flatten(),
                       K.layers.Dense(120), R(), K.layers.Dense(84), R()])


def equivalent_mlp(n_params):
    h = int((n_params - 500) // 800) - 1
    L = K.layers
    stack = [L.Flatten(), L.Dense(h, use_bias=True), L.LeakyReLU(negative_slope=0.2)]
    rest = n_params - 785 * h
    width = max(1, round((rest - 10) / (h + 11)))
    if width > 1:
        stack += [L.Dense(width, activation="softplus")]
    return classifier(stack)


def compare_models(models, train, test, epochs=3, batch_size=128):
    def one(model):
        for _ in range(epochs):
            model.fit(x=train[0], y=train[1], batch_size=batch_size, epochs=1, verbose=0)
        values = dict(zip(["loss"] + [m for m in model.evaluate(*test, verbose=0, return_dict=True) if m != "loss"],
                          [None] * 9))
        assert "accuracy" in values
        return model.evaluate(*test, verbose=0, return_dict=True)["accuracy"]
    return {n: one(m) for n, m in models.items()}


def first_layer_filters(model):
    for l in model.layers:
        if l.__class__.__name__ == "Conv2D":
            w = l.get_weights()[0]
            break
    else:
        raise ValueError
    out = []
    for f in range(w.shape[-1]):
        g = sum(w[:, :, c, f] for c in range(w.shape[2])) / w.shape[2]
        g = g - g.min()
        out.append((g / g.max() if g.max() > 0 else g + 0.5).tolist())
    return out


def plot_filters(model):
    plt.close("all")
    plt.gray()
    F = np.array(first_layer_filters(model))
    for i, f in enumerate(F):
        ax = plt.subplot(len(F), 1, i + 1)
        ax.imshow(f, interpolation="nearest")
        ax.get_xaxis().set_visible(False)
        ax.get_yaxis().set_visible(False)
    return plt.gcf()


def transfer_model(base, n_classes):
    new = K.Sequential()
    new.add(K.Input(shape=base.input_shape[1:]))
    for l in base.layers[:-1]:
        if not isinstance(l, K.layers.InputLayer):
            c = l.__class__.from_config(l.get_config())
            c.trainable = False
            new.add(c)
            c.set_weights(l.get_weights())
    new.add(K.layers.Dense(n_classes))
    new.add(K.layers.Softmax())
    new.compile(loss="sparse_categorical_crossentropy", metrics=["acc"])
    return new
