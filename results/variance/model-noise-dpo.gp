# Draws model-noise-dpo.svg and model-noise-dpo.png from model-noise-dpo.csv:  gnuplot model-noise-dpo.gp
set datafile separator ","
set title "Noise of the gradients at the policies of DPO" font ",13"
set xlabel "updates of DPO"
set ylabel "trCov"
set border 3 lc rgb "#666666"
set tics nomirror out
set grid lc rgb "#e4e4e4" lw 1
set key outside right top vertical Left reverse samplen 2
set style fill transparent solid 0.18 noborder
set xtics auto
set logscale y
set format y "10^{%T}"
data = "model-noise-dpo.csv"
set terminal svg size 760,420 font "Helvetica,12" name "model_noise_dpo" background rgb "white"
set output "model-noise-dpo.svg"
plot data using ($1==0?$2:1/0):($1==0?$4:1/0):($1==0?$5:1/0) skip 1 with filledcurves lc rgb "#D55E00" notitle, \
  data using ($1==0?$2:1/0):($1==0?$3:1/0) skip 1 with linespoints lw 2 pt 7 ps 0.35 lc rgb "#D55E00" title "none", \
  data using ($1==1?$2:1/0):($1==1?$4:1/0):($1==1?$5:1/0) skip 1 with filledcurves lc rgb "#CC79A7" notitle, \
  data using ($1==1?$2:1/0):($1==1?$3:1/0) skip 1 with linespoints lw 2 pt 7 ps 0.35 lc rgb "#CC79A7" title "one reference sample", \
  data using ($1==2?$2:1/0):($1==2?$4:1/0):($1==2?$5:1/0) skip 1 with filledcurves lc rgb "#009E73" notitle, \
  data using ($1==2?$2:1/0):($1==2?$3:1/0) skip 1 with linespoints lw 2 pt 7 ps 0.35 lc rgb "#009E73" title "leave-one-out of 4", \
  data using ($1==3?$2:1/0):($1==3?$4:1/0):($1==3?$5:1/0) skip 1 with filledcurves lc rgb "#0072B2" notitle, \
  data using ($1==3?$2:1/0):($1==3?$3:1/0) skip 1 with linespoints lw 2 pt 7 ps 0.35 lc rgb "#0072B2" title "soft value β log Z", \
  data using ($1==4?$2:1/0):($1==4?$4:1/0):($1==4?$5:1/0) skip 1 with filledcurves lc rgb "#000000" notitle, \
  data using ($1==4?$2:1/0):($1==4?$3:1/0) skip 1 with linespoints lw 2 pt 7 ps 0.35 lc rgb "#000000" title "variance-optimal", \
  data using ($1==5?$2:1/0):($1==5?$4:1/0):($1==5?$5:1/0) skip 1 with filledcurves lc rgb "#7F3C8D" notitle, \
  data using ($1==5?$2:1/0):($1==5?$3:1/0) skip 1 with linespoints lw 2 pt 7 ps 0.35 lc rgb "#7F3C8D" title "DPO, per pair ÷ β²", \
  data using ($1==6?$2:1/0):($1==6?$3:1/0) skip 1 with lines lw 1.5 dt 2 lc rgb "#999999" title "KL(π‖π*), nats"
set terminal pngcairo size 1140,630 font "Helvetica,15"
set output "model-noise-dpo.png"
replot
