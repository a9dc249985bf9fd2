# -*- coding: utf-8 -*-
import numpy as np
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras.layers import *
from tensorflow.keras.models import Sequential, model_from_json
from tensorflow.keras.optimizers import Adam
from tensorflow.keras.utils import to_categorical

print("TensorFlow", tf.__version__)


def get_data_mnist(normalize=False):
    (X_train, y_train), (X_test, y_test) = tf.keras.datasets.mnist.load_data()
    X_train = tf.expand_dims(tf.cast(X_train, tf.float32), 1).numpy()
    X_test = tf.expand_dims(tf.cast(X_test, tf.float32), 1).numpy()
    if normalize == True:
        X_train = X_train / 255
        X_test = X_test / 255
    y_train = to_categorical(y_train)
    y_test = to_categorical(y_test)
    return (X_train, y_train), (X_test, y_test), y_train.shape[1]


def small_model():
    model = Sequential()
    model.add(Permute((2, 3, 1), input_shape=(1, 28, 28)))
    model.add(Conv2D(64, kernel_size=3, activation=tf.keras.activations.relu))
    model.add(Conv2D(32, kernel_size=3, activation=tf.keras.activations.relu))
    model.add(Flatten())
    model.add(Dense(10, activation=tf.keras.activations.softmax))
    model.compile(loss=tf.keras.losses.categorical_crossentropy, optimizer=Adam(), metrics=["accuracy"])
    return model


def medium_model():
    model = Sequential()
    model.add(Permute((2, 3, 1), input_shape=(1, 28, 28)))
    model.add(Conv2D(32, kernel_size=(5, 5), activation="relu"))
    model.add(MaxPool2D())
    model.add(Dropout(rate=0.2))
    model.add(Flatten())
    model.add(Dense(128, activation="relu"))
    model.add(Dense(10, activation="softmax"))
    model.compile(loss="categorical_crossentropy", optimizer=tf.optimizers.Adam(learning_rate=0.001), metrics=["acc"])
    return model


def large_model():
    model = Sequential(
        [
            InputLayer(shape=(1, 28, 28)),
            Permute((2, 3, 1)),
            Conv2D(30, kernel_size=(5, 5), activation="relu"),
            MaxPool2D((2, 2), 2),
            Conv2D(15, kernel_size=(3, 3), activation="relu"),
            Dropout(0.2),
            Flatten(),
            Dense(128, "relu"),
            Dense(50, "relu"),
            Dense(10, "softmax"),
        ]
    )
    model.compile(
        loss=keras.losses.CategoricalCrossentropy(), optimizer="Adam", metrics=[keras.metrics.CategoricalAccuracy()]
    )
    return model


def train_model(model, X_train, y_train, X_test, y_test, epochs=10, batch_size=200):
    train = tf.data.Dataset.from_tensor_slices((X_train, y_train)).shuffle(len(X_train)).batch(batch_size)
    test = tf.data.Dataset.from_tensor_slices((X_test, y_test)).batch(batch_size)
    return model.fit(train.prefetch(tf.data.AUTOTUNE), epochs=epochs, validation_data=test, verbose=0)


def print_model_error_rate(model, X_test, y_test):
    score = model.evaluate(X_test, y_test, verbose=0)
    score = 100 * np.float64(score[1])
    print("Model score : {0:.2f}%\nModel error rate : {1:.2f}%".format(score, 100 - score))


def save_keras_model(model, filename):
    model_json = model.to_json()
    with tf.io.gfile.GFile(filename + ".json", "w") as f:
        f.write(model_json)
    model.save_weights(filename + ".weights.h5")


def load_keras_model(filename):
    f = open(filename + ".json", "r")
    model = model_from_json(f.read())
    f.close()
    open(filename + ".weights.h5", "rb").close()
    model.load_weights(filename + ".weights.h5")
    return model


def compare_error_rates(models, X_test, y_test):
    taux = dict()
    for (nom, modele) in models.items():
        taux[nom] = (1.0 - np.array(modele.evaluate(X_test, y_test, verbose=0))[1]) * 100
    return taux


if __name__ == "__main__":
    (X_train, y_train), (X_test, y_test), num_classes = get_data_mnist(True)
    model = small_model()
    train_model(model, X_train, y_train, X_test, y_test, epochs=3)
    print_model_error_rate(model, X_test, y_test)
