import Foundation
import Autograd
import TensorKernels

/// One tensor of a model: its name in transformers, its shape and how it starts.
struct TensorLayout {
  enum Start { case ones, zeros, normal(deviation: Double) }

  var name: String
  var shape: Shape
  var start: Start

  /// The shape in a file: gains of norms are vectors there, everything else is a matrix.
  var fileShape: [Int] {
    if case .ones = start { [shape.columns] } else { [shape.rows, shape.columns] }
  }
}

/// The names of a Llama model's tensors in transformers.
enum TensorName {
  static let embedding = "model.embed_tokens.weight"
  static let finalNorm = "model.norm.weight"
  static let head = "lm_head.weight"
  static let score = "score.weight"

  static func inLayer(_ layer: Int, _ name: String) -> String {
    "model.layers.\(layer).\(name).weight"
  }
}

extension ModelConfiguration {
  /// The matrix whose rows are compared with hidden states to give logits.
  public var headName: String { tiedHead ? TensorName.embedding : TensorName.head }

  /// The tensors below the heads, in the order of the forward pass.
  var backboneLayout: [TensorLayout] {
    [tensor(TensorName.embedding, vocabularySize, hiddenSize, .normal(deviation: 0.02))]
      + (0..<layers).flatMap(layerLayout)
      + [tensor(TensorName.finalNorm, 1, hiddenSize, .ones)]
  }

  /// The tensors of the language model.
  var transformerLayout: [TensorLayout] {
    guard !tiedHead else { return backboneLayout }
    let head = tensor(TensorName.head, vocabularySize, hiddenSize, .normal(deviation: 0.02))
    return backboneLayout + [head]
  }

  /// The tensors of a reward or value model.
  var scalarModelLayout: [TensorLayout] {
    backboneLayout + [tensor(TensorName.score, 1, hiddenSize, .zeros)]
  }

  /// Projections back into the residual stream start smaller, by 1/√(2·layers).
  ///
  /// Their 2·layers outputs add up, and so the stream keeps its scale at the start
  /// (Radford (2019), section 2.3).
  private func layerLayout(_ layer: Int) -> [TensorLayout] {
    let weight = TensorLayout.Start.normal(deviation: 0.02)
    let residual = TensorLayout.Start.normal(deviation: 0.02 / (2 * Double(layers)).squareRoot())
    let entries: [(name: String, rows: Int, columns: Int, start: TensorLayout.Start)] = [
      ("input_layernorm", 1, hiddenSize, .ones),
      ("self_attn.q_proj", queryWidth, hiddenSize, weight),
      ("self_attn.k_proj", keyValueWidth, hiddenSize, weight),
      ("self_attn.v_proj", keyValueWidth, hiddenSize, weight),
      ("self_attn.o_proj", hiddenSize, queryWidth, residual),
      ("post_attention_layernorm", 1, hiddenSize, .ones),
      ("mlp.gate_proj", intermediateSize, hiddenSize, weight),
      ("mlp.up_proj", intermediateSize, hiddenSize, weight),
      ("mlp.down_proj", hiddenSize, intermediateSize, residual),
    ]
    return entries.map {
      tensor(TensorName.inLayer(layer, $0.name), $0.rows, $0.columns, $0.start)
    }
  }

  private func tensor(
    _ name: String, _ rows: Int, _ columns: Int, _ start: TensorLayout.Start
  ) -> TensorLayout {
    TensorLayout(name: name, shape: Shape(rows: rows, columns: columns), start: start)
  }
}

extension ParameterSet {
  /// Fresh parameters for a layout, drawn in its order.
  init(starting layout: [TensorLayout], using generator: inout some RandomNumberGenerator) {
    self.init()
    for tensor in layout {
      let count = tensor.shape.count
      let values: [Scalar] =
        switch tensor.start {
        case .ones: [Scalar](repeating: 1, count: count)
        case .zeros: [Scalar](repeating: 0, count: count)
        case .normal(let deviation):
          standardNormals(count, using: &generator).map { Scalar(deviation * $0) }
        }
      append(tensor.name, shape: tensor.shape, values: values)
    }
  }

  /// Throws unless names, order and shapes are those of a layout.
  func check(against layout: [TensorLayout]) throws(ModelError) {
    let known = Set(layout.map(\.name))
    for name in names where !known.contains(name) { throw .unexpectedTensor(name) }
    let present = Set(names)
    for tensor in layout {
      guard present.contains(tensor.name) else { throw .missingTensor(tensor.name) }
      let found = shape(of: tensor.name)
      guard found == tensor.shape else {
        throw .shapeMismatch(
          tensor: tensor.name, expected: [tensor.shape.rows, tensor.shape.columns],
          found: [found.rows, found.columns])
      }
    }
  }

  /// The tensors of a layout, in its order; all must be present.
  func ordered(as layout: [TensorLayout]) -> ParameterSet {
    var result = ParameterSet()
    for tensor in layout {
      result.append(tensor.name, shape: tensor.shape, values: self[tensor.name])
    }
    return result
  }
}

/// Standard normal draws, two at a time, by Box and Muller (1958).
func standardNormals(_ count: Int, using generator: inout some RandomNumberGenerator) -> [Double] {
  var draws: [Double] = []
  draws.reserveCapacity(count + 1)
  while draws.count < count {
    // 1 − u lies in (0, 1], where the logarithm is finite.
    let radius = (-2 * log(1 - unitUniform(&generator))).squareRoot()
    let angle = 2 * Double.pi * unitUniform(&generator)
    draws.append(radius * cos(angle))
    draws.append(radius * sin(angle))
  }
  draws.removeLast(draws.count - count)
  return draws
}

/// A number in [0, 1) from the upper 53 bits of a draw.
private func unitUniform(_ generator: inout some RandomNumberGenerator) -> Double {
  let bits = generator.next() >> 11
  return Double(bits) * 0x1p-53
}
