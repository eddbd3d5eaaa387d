import Autograd
import LanguageModel
import TensorKernels

/// What a pass of the policy over a batch of rollouts gives to losses.
struct PolicyReading {
  let tokens: TokenLogProbabilities<Float>
  /// The hidden states of all rows, where a value head or an entropy bonus reads them.
  let hidden: Tensor<Float>?
}

extension PPOConfiguration {
  /// Whether some part of the loss needs the hidden states behind the log-probabilities.
  var readsHiddenStates: Bool { valueTrunk != .separate || entropyWeight > 0 }
}

extension PPOTrainer {
  /// Reads a batch, in rollouts and in updates by the same operations, so that the bits agree.
  func read(
    _ model: Transformer<Float>, _ batch: SequenceBatch, _ recorded: RecordedParameters<Float>,
    on tape: Tape<Float>, temperature: Double
  ) -> PolicyReading {
    guard configuration.readsHiddenStates else {
      let tokens = model.tokenLogProbabilities(
        batch, recorded, on: tape, temperature: Float(temperature))
      return PolicyReading(tokens: tokens, hidden: nil)
    }
    let hidden = model.hiddenStates(batch, recorded, on: tape)
    let tokens = hidden.rows(batch.predictionRows).tokenLogProbabilities(
      head: recorded[model.configuration.headName], targets: batch.targets,
      temperature: Float(temperature))
    return PolicyReading(tokens: tokens, hidden: hidden)
  }

  /// The temperature of updates: that of the rollouts, unless a gallery run forgets it.
  var updateTemperature: Double {
    configuration.galleryFault == .temperatureMismatch ? 1 : configuration.temperature
  }
}
