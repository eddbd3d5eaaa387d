import Autograd
import Foundation
import LanguageModel

/// A Llama decoder in plain loops over one sequence: the oracle of this folder's tests.
///
/// Written from Touvron (2023) and transformers' `modeling_llama.py`, with none of our kernels.
struct NaiveLlama {
  var configuration: ModelConfiguration
  var parameters: ParameterSet<Double>
  /// Which coordinates of a head turn together: (i, i + half), or neighbours as in llama2.c and GGUF.
  var pairing = Pairing.halves

  enum Pairing { case halves, neighbours }

  init(_ model: Transformer<Double>) {
    configuration = model.configuration
    parameters = model.parameters
  }

  typealias Vector = [Double]

  private func weight(_ layer: Int, _ name: String) -> [Double] {
    parameters["model.layers.\(layer).\(name).weight"]
  }

  private func times(_ matrix: [Double], _ x: Vector) -> Vector {
    (0..<matrix.count / x.count).map { row in
      var sum = 0.0
      for column in x.indices { sum += matrix[row * x.count + column] * x[column] }
      return sum
    }
  }

  private func normalized(_ x: Vector, _ gain: [Double]) -> Vector {
    let meanSquare = x.reduce(0) { $0 + $1 * $1 } / Double(x.count)
    return zip(x, gain).map { $0 * $1 / sqrt(meanSquare + configuration.normEpsilon) }
  }

  /// `x·cos + rotate_half(x)·sin`, where `rotate_half((a, b)) = (−b, a)`.
  private func rotated(_ head: Vector, _ position: Int) -> Vector {
    guard pairing == .halves else { return turned(head, position) }
    let half = head.count / 2
    return head.indices.map { i in
      let frequency = pow(configuration.ropeTheta, -2 * Double(i % half) / Double(head.count))
      let angle = Double(position) * frequency
      let partner = i < half ? -head[i + half] : head[i - half]
      return head[i] * cos(angle) + partner * sin(angle)
    }
  }

  /// `(a + ib)·exp(iθ)` of each two neighbours, as llama2.c writes it.
  private func turned(_ head: Vector, _ position: Int) -> Vector {
    var head = head
    for i in stride(from: 0, to: head.count, by: 2) {
      let angle = Double(position) / pow(configuration.ropeTheta, Double(i) / Double(head.count))
      let (a, b) = (head[i], head[i + 1])
      head[i] = a * cos(angle) - b * sin(angle)
      head[i + 1] = a * sin(angle) + b * cos(angle)
    }
    return head
  }

  private func heads(_ x: Vector) -> [Vector] {
    let width = configuration.headDimension
    return stride(from: 0, to: x.count, by: width).map { Array(x[$0..<$0 + width]) }
  }

  private func attention(_ xs: [Vector], _ layer: Int) -> [Vector] {
    let group = configuration.heads / configuration.keyValueHeads
    let queries = xs.enumerated().map { position, x in
      heads(times(weight(layer, "self_attn.q_proj"), x)).map { rotated($0, position) }
    }
    let keys = xs.enumerated().map { position, x in
      heads(times(weight(layer, "self_attn.k_proj"), x)).map { rotated($0, position) }
    }
    let values = xs.map { heads(times(weight(layer, "self_attn.v_proj"), $0)) }
    return xs.indices.map { i in
      let mixed = (0..<configuration.heads).flatMap { head -> Vector in
        let scores = (0...i).map { j in
          zip(queries[i][head], keys[j][head / group]).reduce(0) { $0 + $1.0 * $1.1 }
            / sqrt(Double(configuration.headDimension))
        }
        let total = scores.reduce(0) { $0 + exp($1) }
        return (0..<configuration.headDimension).map { d in
          (0...i).reduce(0) { $0 + exp(scores[$1]) / total * values[$1][head / group][d] }
        }
      }
      return times(weight(layer, "self_attn.o_proj"), mixed)
    }
  }

  private func feedForward(_ x: Vector, _ layer: Int) -> Vector {
    let gate = times(weight(layer, "mlp.gate_proj"), x)
    let up = times(weight(layer, "mlp.up_proj"), x)
    return times(weight(layer, "mlp.down_proj"), zip(gate, up).map { $0 / (1 + exp(-$0)) * $1 })
  }

  /// The hidden state of every token after the final norm.
  func hiddenStates(_ tokens: [Int]) -> [Vector] {
    let (width, table) = (configuration.hiddenSize, parameters["model.embed_tokens.weight"])
    var xs = tokens.map { Array(table[$0 * width..<($0 + 1) * width]) }
    for layer in 0..<configuration.layers {
      let attended = attention(
        xs.map { normalized($0, weight(layer, "input_layernorm")) }, layer)
      xs = zip(xs, attended).map { zip($0, $1).map(+) }
      xs = xs.map { x in
        zip(x, feedForward(normalized(x, weight(layer, "post_attention_layernorm")), layer)).map(+)
      }
    }
    return xs.map { normalized($0, parameters["model.norm.weight"]) }
  }

  /// The logits after every token.
  func logits(_ tokens: [Int]) -> [Vector] {
    let name = configuration.tiedHead ? "model.embed_tokens.weight" : "lm_head.weight"
    return hiddenStates(tokens).map { times(parameters[name], $0) }
  }

  /// The log-probability of each completion token.
  func logProbabilities(
    prompt: [Int], completion: [Int], temperature: Double = 1
  ) -> [Double] {
    let logits = logits(prompt + completion)
    return completion.enumerated().map { t, token in
      let scaled = logits[prompt.count + t - 1].map { $0 / temperature }
      return scaled[token] - log(scaled.reduce(0) { $0 + exp($1) })
    }
  }
}
