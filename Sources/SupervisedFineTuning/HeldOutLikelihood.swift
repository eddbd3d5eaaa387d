import Foundation
public import LanguageModel
public import TensorKernels
public import Tokenization

/// How likely a model finds completions that it was not trained on.
public struct HeldOutLikelihood: Codable, Equatable, Sendable {
  /// Completion tokens that were read.
  public var tokens: Int
  /// −log π of a completion token in nats, mean over all tokens.
  public var loss: Double
  /// exp(loss): from how many equally likely tokens the model seems to choose.
  public var perplexity: Double

  /// The values under the names that TRL gives to held-out metrics.
  public var logged: [String: Double] { ["eval/loss": loss, "eval/perplexity": perplexity] }
}

/// Reads the model on held-out demonstrations, without learning from them.
public func heldOutLikelihood(
  of model: Transformer<Float>, on demonstrations: [TokenSequence]
) -> HeldOutLikelihood {
  let logProbabilities = model.logProbabilities(of: demonstrations).joined()
  let tokens = logProbabilities.count
  precondition(tokens > 0, "\(demonstrations.count) demonstrations without a completion token")
  let loss = -logProbabilities.reduce(0) { $0 + Double($1) } / Double(tokens)
  return HeldOutLikelihood(tokens: tokens, loss: loss, perplexity: exp(loss))
}
