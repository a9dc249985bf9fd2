# -*- coding: utf-8 -*-
# TP signes de la main, d'après l'ancien notebook (Coursera), adapté à Keras 3
import math
import h5py
import matplotlib.pyplot as plt
import numpy as np
import tensorflow as tf
from tensorflow.keras import optimizers
from tensorflow.keras.layers import *
from tensorflow.keras.models import Sequential

print("TensorFlow", tf.__version__)


def convert_to_one_hot(Y, C):
    Y = np.eye(C)[Y.reshape(-1)].T
    return Y


def load_dataset(train_path, test_path):
    train_dataset = h5py.File(train_path, "r")
    train_set_x_orig = np.array(train_dataset["train_set_x"][:])  # your train set features
    train_set_y_orig = np.array(train_dataset["train_set_y"][:])  # your train set labels

    test_dataset = h5py.File(test_path, "r")
    test_set_x_orig = np.array(test_dataset["test_set_x"][:])  # your test set features
    test_set_y_orig = np.array(test_dataset["test_set_y"][:])  # your test set labels

    classes = np.array(test_dataset["list_classes"][:])  # the list of classes

    train_set_y_orig = train_set_y_orig.reshape((1, train_set_y_orig.shape[0]))
    test_set_y_orig = test_set_y_orig.reshape((1, test_set_y_orig.shape[0]))

    return train_set_x_orig, train_set_y_orig, test_set_x_orig, test_set_y_orig, classes


def load_signs(train_path, test_path):
    try:
        X_train_orig, Y_train_orig, X_test_orig, Y_test_orig, classes = load_dataset(train_path, test_path)
    except KeyError as e:
        raise ValueError("clé absente dans " + train_path + " ou " + test_path + " : " + str(e))
    X_train = tf.cast(X_train_orig, tf.float32) / 255.
    X_test = tf.cast(X_test_orig, tf.float32) / 255.
    Y_train = convert_to_one_hot(Y_train_orig, 6).T
    Y_test = convert_to_one_hot(Y_test_orig, 6).T
    print("number of training examples = " + str(X_train.shape[0]))
    print("number of test examples = " + str(X_test.shape[0]))
    return (X_train.numpy(), Y_train), (X_test.numpy(), Y_test), classes


def one_hot(labels, num_classes):
    labels = tf.reshape(tf.convert_to_tensor(labels), [-1])
    if tf.reduce_min(tf.cast(labels, tf.int64)) < 0:
        raise ValueError("étiquette négative")
    if tf.reduce_max(tf.cast(labels, tf.int64)) > num_classes - 1:
        raise ValueError("étiquette trop grande")
    return tf.one_hot(labels, num_classes)


def value_range(images):
    return [np.float64(np.amin(images)), np.float64(np.amax(images))]


def signs_model():
    model = Sequential()
    model.add(Conv2D(32, (3, 3), input_shape=(64, 64, 3)))
    model.add(Activation("relu"))
    model.add(Conv2D(32, (3, 3)))
    model.add(Activation("relu"))
    model.add(MaxPooling2D(pool_size=(2, 2)))
    model.add(Flatten())
    model.add(Dense(6))
    model.add(Activation("softmax"))
    sgd = optimizers.SGD(0.01)
    model.compile(loss=tf.keras.losses.categorical_crossentropy, optimizer=sgd, metrics=["categorical_accuracy"])
    model.summary()
    return model


def train_signs(model, X_train, Y_train, X_test, Y_test, epochs=100, batch_size=32):
    steps = math.ceil(X_train.shape[0] / batch_size)
    print(steps, "pas par époque")
    train = tf.data.Dataset.from_tensor_slices((X_train, Y_train)).shuffle(2000, seed=1).batch(batch_size)
    test = tf.data.Dataset.from_tensor_slices((X_test, Y_test)).batch(batch_size)
    history = model.fit(train, epochs=epochs, validation_data=test)
    return history


def predict_digit(model, image):
    image = tf.image.convert_image_dtype(image, tf.float32)  # n'a d'effet que sur les entiers
    sortie = model(tf.expand_dims(image, 0), training=False)
    chiffre = tf.argmax(sortie[0])
    return chiffre.numpy(), sortie[0, chiffre].numpy()


def save_weights(model, path):
    # Keras 3 refuse lui-même les autres terminaisons
    model.save_weights(path)


def load_weights(model, path):
    if not path.endswith(".weights.h5"):
        raise ValueError("mauvais nom de fichier : " + path)
    model.load_weights(path)


def plot_history(history):
    fig = plt.figure(figsize=(12, 4))
    plt.subplot(121)
    plt.plot(history.history["accuracy"])
    plt.plot(history.history["val_accuracy"])
    plt.title("model accuracy")
    plt.ylabel("accuracy")
    plt.xlabel("epoch")
    plt.legend(["train", "test"], loc="upper left")
    plt.subplot(122)
    plt.plot(history.history["loss"])
    plt.plot(history.history["val_loss"])
    plt.title("model loss")
    plt.ylabel("loss")
    plt.xlabel("epoch")
    plt.legend(["train", "test"], loc="upper left")
    plt.show()
    return fig


if __name__ == "__main__":
    train, test, classes = load_signs("train_signs.h5", "test_signs.h5")
    plot_history(train_signs(signs_model(), *train, *test, epochs=20))
