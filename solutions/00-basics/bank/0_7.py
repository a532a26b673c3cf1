# %% correct: autograd_grad_and_a_context
import contextlib

import torch
import torch.nn.functional as F


@contextlib.contextmanager
def evaluating(model):
    model.eval()
    with torch.inference_mode():
        yield
    model.train()


def train(model, optimizer, batches, validation):
    model.train()
    ours, theirs = [], []
    for batch in batches:
        loss = F.cross_entropy(model(batch[0]), batch[1])
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        with evaluating(model):
            y = F.cross_entropy(model(validation[0]), validation[1])
        ours.append(float(loss.detach()))
        theirs.append(float(y))
    return ours, theirs


# %% wrong: no_zero_grad
# why: gradients add up
# says: Gradients add up over the batches
import torch
from torch.nn.functional import cross_entropy


def train(model, optimizer, batches, validation):
    """One step for each batch; the losses of training and validation."""
    losses, held_out = [], []
    for inputs, targets in batches:
        model.train()
        loss = cross_entropy(model(inputs), targets)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        held_out.append(evaluate(model, *validation))
    model.train()
    return losses, held_out


@torch.no_grad()
def evaluate(model, inputs, targets):
    model.eval()
    return cross_entropy(model(inputs), targets).item()


# %% wrong: step_before_backward
# why: the step comes first
# says: The first step finds no gradient
import torch
from torch.nn.functional import cross_entropy


def train(model, optimizer, batches, validation):
    """One step for each batch; the losses of training and validation."""
    losses, held_out = [], []
    for inputs, targets in batches:
        model.train()
        loss = cross_entropy(model(inputs), targets)
        optimizer.step()
        optimizer.zero_grad()
        loss.backward()
        losses.append(loss.item())
        held_out.append(evaluate(model, *validation))
    model.train()
    return losses, held_out


@torch.no_grad()
def evaluate(model, inputs, targets):
    model.eval()
    return cross_entropy(model(inputs), targets).item()


# %% wrong: eval_left_on
# why: training mode is never restored
# says: the model stays in evaluation mode
import torch
from torch.nn.functional import cross_entropy


def train(model, optimizer, batches, validation):
    """One step for each batch; the losses of training and validation."""
    losses, held_out = [], []
    model.train()
    for inputs, targets in batches:
        optimizer.zero_grad()
        loss = cross_entropy(model(inputs), targets)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        held_out.append(evaluate(model, *validation))
    model.train()
    return losses, held_out


@torch.no_grad()
def evaluate(model, inputs, targets):
    model.eval()
    return cross_entropy(model(inputs), targets).item()


# %% wrong: graphs_kept
# why: losses as tensors
# says: A loss that is kept as a tensor
import torch
from torch.nn.functional import cross_entropy


def train(model, optimizer, batches, validation):
    """One step for each batch; the losses of training and validation."""
    losses, held_out = [], []
    for inputs, targets in batches:
        model.train()
        optimizer.zero_grad()
        loss = cross_entropy(model(inputs), targets)
        loss.backward()
        optimizer.step()
        losses.append(loss)
        held_out.append(evaluate(model, *validation))
    model.train()
    return losses, held_out


@torch.no_grad()
def evaluate(model, inputs, targets):
    model.eval()
    return cross_entropy(model(inputs), targets).item()


# %% wrong: validation_with_gradients
# why: a graph is recorded
# says: Use torch.no_grad() for validation
import torch
from torch.nn.functional import cross_entropy


def train(model, optimizer, batches, validation):
    """One step for each batch; the losses of training and validation."""
    losses, held_out = [], []
    for inputs, targets in batches:
        model.train()
        optimizer.zero_grad()
        loss = cross_entropy(model(inputs), targets)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        held_out.append(evaluate(model, *validation))
    model.train()
    return losses, held_out


def evaluate(model, inputs, targets):
    model.eval()
    return cross_entropy(model(inputs), targets).item()


# %% wrong: trained_on_validation
# why: a step on the validation data
# says: The model is trained on the validation data
import torch
from torch.nn.functional import cross_entropy


def train(model, optimizer, batches, validation):
    """One step for each batch; the losses of training and validation."""
    losses, held_out = [], []
    for inputs, targets in batches:
        model.train()
        optimizer.zero_grad()
        loss = cross_entropy(model(inputs), targets)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        held_out.append(evaluate(model, *validation))
    loss = cross_entropy(model(validation[0]), validation[1])
    loss.backward()
    optimizer.step()
    model.train()
    return losses, held_out


@torch.no_grad()
def evaluate(model, inputs, targets):
    model.eval()
    return cross_entropy(model(inputs), targets).item()


# %% wrong: validated_in_training_mode
# why: no eval
# says: model.eval() before the validation
import torch
from torch.nn.functional import cross_entropy


def train(model, optimizer, batches, validation):
    """One step for each batch; the losses of training and validation."""
    losses, held_out = [], []
    for inputs, targets in batches:
        model.train()
        optimizer.zero_grad()
        loss = cross_entropy(model(inputs), targets)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        held_out.append(evaluate(model, *validation))
    model.train()
    return losses, held_out


@torch.no_grad()
def evaluate(model, inputs, targets):
    return cross_entropy(model(inputs), targets).item()


# %% wrong: left_in_evaluation_mode
# why: the model stays in evaluation mode
# says: Leave the model in training mode
import torch
from torch.nn.functional import cross_entropy


def train(model, optimizer, batches, validation):
    """One step for each batch; the losses of training and validation."""
    losses, held_out = [], []
    for inputs, targets in batches:
        model.train()
        optimizer.zero_grad()
        loss = cross_entropy(model(inputs), targets)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        held_out.append(evaluate(model, *validation))
    return losses, held_out


@torch.no_grad()
def evaluate(model, inputs, targets):
    model.eval()
    return cross_entropy(model(inputs), targets).item()


# %% wrong: validated_before_the_step
# why: one step too early
# says: You validate before the step
import torch
from torch.nn.functional import cross_entropy


def train(model, optimizer, batches, validation):
    """One step for each batch; the losses of training and validation."""
    losses, held_out = [], []
    for inputs, targets in batches:
        model.train()
        optimizer.zero_grad()
        loss = cross_entropy(model(inputs), targets)
        losses.append(loss.item())
        held_out.append(evaluate(model, *validation))
        model.train()
        loss.backward()
        optimizer.step()
    model.train()
    return losses, held_out


@torch.no_grad()
def evaluate(model, inputs, targets):
    model.eval()
    return cross_entropy(model(inputs), targets).item()
