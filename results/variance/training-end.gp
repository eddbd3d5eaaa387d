# Draws training-end.svg and training-end.png from training-end.csv:  gnuplot training-end.gp
set datafile separator ","
set title "Where training with each baseline ended" font ",13"
set xlabel ""
set ylabel "log₁₀ KL(π‖π*) at the end"
set border 3 lc rgb "#666666"
set tics nomirror out
set grid lc rgb "#e4e4e4" lw 1
set key outside right top vertical Left reverse samplen 2
set style fill transparent solid 0.18 noborder
set xtics rotate by -20 ("none" 0, "batch mean" 1, "one reference sample" 2, "leave one out" 3, "learned value" 4, "soft value β log Z" 5, "none whitened" 6, "none reward to go" 7, "soft value whitened" 8)
set xrange [-0.6:8.6]
data = "training-end.csv"
set terminal svg size 760,420 font "Helvetica,12" name "training_end" background rgb "white"
set output "training-end.svg"
plot data using ($1==0?$2:1/0):($1==0?$3:1/0):($1==0?$4:1/0):($1==0?$5:1/0) skip 1 with yerrorbars lw 2 pt 7 ps 0.8 lc rgb "#0072B2" title "offset 0 sd", \
  data using ($1==1?$2:1/0):($1==1?$3:1/0):($1==1?$4:1/0):($1==1?$5:1/0) skip 1 with yerrorbars lw 2 pt 7 ps 0.8 lc rgb "#D55E00" title "offset 3 sd"
set terminal pngcairo size 1140,630 font "Helvetica,15"
set output "training-end.png"
replot
