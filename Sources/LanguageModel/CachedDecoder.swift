import Autograd
import TensorKernels

/// The decoder as a sampler runs it: only new tokens go through, keys and values stay behind.
///
/// It computes what `hiddenStates` computes, without a tape; a test pins one to the other.
struct CachedDecoder<Scalar: BLASScalar> {
  private let configuration: ModelConfiguration
  private let embedding: [Scalar]
  private let layers: [LayerWeights<Scalar>]
  private let finalNorm: [Scalar]
  private let head: [Scalar]
  private var table: RotaryTable<Scalar>
  private var caches: [KeyValueCache<Scalar>] = []
  private var work = DecoderBuffers<Scalar>()
  /// The logits of the rows last asked for, rows × vocabulary.
  var logits: [Scalar] = []

  init(_ model: Transformer<Scalar>) {
    configuration = model.configuration
    embedding = model.parameters[TensorName.embedding]
    layers = (0..<configuration.layers).map { LayerWeights(model.parameters, layer: $0) }
    finalNorm = model.parameters[TensorName.finalNorm]
    head = model.parameters[configuration.headName]
    table = RotaryTable(
      positions: 1, headDimension: configuration.headDimension, base: configuration.ropeTheta)
  }

  /// Makes room for so many sequences of so many tokens; what the cache held may be lost.
  mutating func reserve(slots: Int, capacity: Int) {
    if table.positions < capacity {
      table = RotaryTable(
        positions: capacity, headDimension: table.headDimension, base: table.base)
    }
    if let first = caches.first, first.slots >= slots, first.capacity >= capacity { return }
    let cache = KeyValueCache<Scalar>(slots: slots, capacity: capacity, for: configuration)
    caches = [KeyValueCache<Scalar>](repeating: cache, count: configuration.layers)
  }

  /// Runs new tokens through all layers and leaves the logits of the wanted rows in `logits`.
  ///
  /// - Parameters:
  ///   - tokens: The new tokens of all sequences; those of one sequence follow one another.
  ///   - places: The slot and position of each token.
  ///   - wanted: The rows whose next token is asked for.
  mutating func run(tokens: [Int], places: [CachePlace], wanted: [Int]) {
    work.resize(rows: tokens.count, for: configuration)
    gather(embedding, columns: configuration.hiddenSize, rows: tokens, into: &work.stream)
    let positions = places.map(\.position)
    for layer in layers.indices {
      attend(layer, places, positions)
      feedForward(layer, rows: tokens.count)
    }
    computeLogits(of: wanted)
  }

  private mutating func attend(_ layer: Int, _ places: [CachePlace], _ positions: [Int]) {
    let (weights, rows) = (layers[layer], places.count)
    normalize(work.stream, weights.attentionNorm, epsilon, into: &work.normalized)
    project(work.normalized, rows, weights.query, into: &work.straightQueries)
    project(work.normalized, rows, weights.key, into: &work.straightKeys)
    project(work.normalized, rows, weights.value, into: &work.values)
    turn(work.straightQueries, positions, table, into: &work.queries)
    turn(work.straightKeys, positions, table, into: &work.keys)
    caches[layer].store(keys: work.keys, values: work.values, at: places)
    caches[layer].attend(queries: work.queries, at: places, into: &work.attended)
    project(work.attended, rows, weights.output, keeping: 1, into: &work.stream)
  }

  private mutating func feedForward(_ layer: Int, rows: Int) {
    let weights = layers[layer]
    normalize(work.stream, weights.feedForwardNorm, epsilon, into: &work.normalized)
    project(work.normalized, rows, weights.gate, into: &work.gate)
    project(work.normalized, rows, weights.up, into: &work.up)
    gate(work.gate, work.up, into: &work.gated)
    project(work.gated, rows, weights.down, keeping: 1, into: &work.stream)
  }

  private mutating func computeLogits(of wanted: [Int]) {
    let width = configuration.hiddenSize
    resize(&work.last, to: wanted.count * width)
    resize(&work.normalized, to: wanted.count * width)
    resize(&logits, to: wanted.count * configuration.vocabularySize)
    gather(work.stream, columns: width, rows: wanted, into: &work.last)
    normalize(work.last, finalNorm, epsilon, into: &work.normalized)
    project(work.normalized, wanted.count, head, into: &logits)
  }

  private var epsilon: Scalar { Scalar(configuration.normEpsilon) }
}

private func gather<Scalar: BLASScalar>(
  _ table: [Scalar], columns: Int, rows: [Int], into output: inout [Scalar]
) {
  var span = output.mutableSpan
  gatherRows(table.span, columns: columns, rows: rows, into: &span)
}

private func gate<Scalar: BLASScalar>(
  _ gate: [Scalar], _ up: [Scalar], into output: inout [Scalar]
) {
  var span = output.mutableSpan
  swiGLU(gate: gate.span, up: up.span, into: &span)
}

private func normalize<Scalar: BLASScalar>(
  _ input: [Scalar], _ gain: [Scalar], _ epsilon: Scalar, into output: inout [Scalar]
) {
  var scales = [Scalar](repeating: 0, count: input.count / gain.count)
  var span = output.mutableSpan
  var scaleSpan = scales.mutableSpan
  rmsNorm(
    input.span, gain: gain.span, epsilon: epsilon, into: &span, scales: &scaleSpan)
}

/// Multiplies rows by a transposed weight, as `linear` does on a tape.
private func project<Scalar: BLASScalar>(
  _ input: [Scalar], _ rows: Int, _ weight: [Scalar], keeping: Double = 0,
  into output: inout [Scalar]
) {
  let product = MatrixProduct(
    rows: rows, inner: input.count / rows, columns: output.count / rows, right: .transposed,
    keeping: keeping)
  var span = output.mutableSpan
  Scalar.multiply(product, input.span, weight.span, into: &span)
}

private func turn<Scalar: BLASScalar>(
  _ input: [Scalar], _ positions: [Int], _ table: RotaryTable<Scalar>,
  into output: inout [Scalar]
) {
  var span = output.mutableSpan
  rotated(
    input.span, columns: input.count / positions.count, positions: positions, table: table,
    into: &span)
}

/// The tensors of one layer.
private struct LayerWeights<Scalar: BLASScalar> {
  let attentionNorm, query, key, value, output: [Scalar]
  let feedForwardNorm, gate, up, down: [Scalar]

  init(_ parameters: ParameterSet<Scalar>, layer: Int) {
    func tensor(_ name: String) -> [Scalar] { parameters[TensorName.inLayer(layer, name)] }
    attentionNorm = tensor("input_layernorm")
    query = tensor("self_attn.q_proj")
    key = tensor("self_attn.k_proj")
    value = tensor("self_attn.v_proj")
    output = tensor("self_attn.o_proj")
    feedForwardNorm = tensor("post_attention_layernorm")
    gate = tensor("mlp.gate_proj")
    up = tensor("mlp.up_proj")
    down = tensor("mlp.down_proj")
  }
}

/// Activations of the rows in flight, kept from step to step.
private struct DecoderBuffers<Scalar: BLASScalar> {
  var stream, normalized, attended, last: [Scalar]
  var straightQueries, queries, straightKeys, keys, values: [Scalar]
  var gate, up, gated: [Scalar]

  init() {
    (stream, normalized, attended, last) = ([], [], [], [])
    (straightQueries, queries, straightKeys, keys, values) = ([], [], [], [], [])
    (gate, up, gated) = ([], [], [])
  }

  mutating func resize(rows: Int, for configuration: ModelConfiguration) {
    let hidden = rows * configuration.hiddenSize
    let query = rows * configuration.queryWidth
    let keyValue = rows * configuration.keyValueWidth
    let intermediate = rows * configuration.intermediateSize
    TensorKernels.resize(&stream, to: hidden)
    TensorKernels.resize(&normalized, to: hidden)
    TensorKernels.resize(&straightQueries, to: query)
    TensorKernels.resize(&queries, to: query)
    TensorKernels.resize(&attended, to: query)
    TensorKernels.resize(&straightKeys, to: keyValue)
    TensorKernels.resize(&keys, to: keyValue)
    TensorKernels.resize(&values, to: keyValue)
    TensorKernels.resize(&gate, to: intermediate)
    TensorKernels.resize(&up, to: intermediate)
    TensorKernels.resize(&gated, to: intermediate)
  }
}
